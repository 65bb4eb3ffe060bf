//! What the page says, in both languages.

use cunkou_core::model::Language;

macro_rules! catalogue {
    ($($key:ident: $zh:literal, $en:literal;)*) => {
        /// Every word of the page.
        pub(super) struct Words {
            $(pub(super) $key: &'static str,)*
        }
        const ZH: Words = Words { $($key: $zh,)* };
        const EN: Words = Words { $($key: $en,)* };
    };
}
pub(in crate::http) use catalogue;

catalogue! {
    title: "村口", "cunkou";
    subtitle: "哪个村口没人看着", "which village entrance nobody is watching";
    other_language: "English", "中文";
    as_of: "截至", "as of";
    entrances: "进出口", "Entrances";
    cameras: "摄像头", "Cameras";
    covered: "有覆盖", "covered";
    reduced: "覆盖减弱", "reduced";
    lost: "失守", "lost";
    unknown: "未知", "unknown";
    unwatched: "未布防", "unwatched";
    planned: "规划中", "planned";
    up: "正常", "up";
    degraded: "异常", "degraded";
    suspect: "待确认", "suspect";
    down: "离线", "down";
    of_installed: "在装", "installed";
    day: "白天", "day";
    night: "夜间", "night";
    incidents: "未结事件", "Open incidents";
    no_incidents: "没有未结事件。", "No open incidents.";
    comma: "、", ", ";
    since: "自", "since";
    cause: "原因", "Cause";
    or: "或", "or";
    lost_entrances: "失守进出口", "Lost entrances";
    cameras_out: "受影响摄像头", "cameras affected";
    acknowledged_by: "已接单：", "taken by ";
    acknowledge: "接单", "Acknowledge";
    silenced_by: "已静默：", "silenced by ";
    until: "至", "until";
    sheet: "抢修单", "Repair sheet";
    wall: "值班屏", "Duty-room wall";
    villages: "各村覆盖", "Villages";
    village: "村 / 社区", "Village";
    no_villages: "各村进出口均有覆盖。", "Every watched entrance is covered.";
    no_village: "不属于任何村", "in no village";
    cameras_down: "离线摄像头", "Cameras down";
    no_cameras_down: "没有离线摄像头。", "No camera is down.";
    camera: "摄像头", "Camera";
    monitor: "监测系统", "The monitor";
    blind: "监测系统失明：以下状态不再更新", "The monitor is blind: what follows is not fresh";
    sees: "能看见", "sees";
    first_round: "启动首轮检查", "First round";
    canary: "参照地址", "Reference address";
    answers: "有应答", "answers";
    silent: "无应答", "silent";
    not_asked: "尚无应答", "no answer yet";
    registry_version: "台账版本", "Registry version";
    trouble: "需注意", "Needs attention";
    well: "运行正常", "Everything works";
    stale: "连接中断：本页已不再更新", "The connection is lost: this page is not renewed any more";
    more: "另有", "and more:";
    token_needed: "查看需要令牌", "A token is needed to look";
    token: "令牌", "Token";
    enter: "进入", "Enter";
    kind_camera: "摄像头", "camera";
    kind_node: "节点", "node";
    kind_partial: "节点部分故障", "node failing in part";
    kind_common: "共同原因，台账中无对应节点", "common cause, no node of the registry explains it";
    kind_monitor: "监测系统自身", "the monitor itself";
    monitor_stopped: "监测系统未运行", "the monitor was not running";
    monitor_starting: "启动以来尚无应答", "no answer yet since the start";
    skip: "跳到列表", "Skip to the lists";
    search: "查找名称、编码、地点", "Search names, codes, places";
    found: "查找结果", "Found";
    nothing_found: "没有找到。", "Nothing was found.";
    map: "地图", "Map";
    zoom_in: "放大", "Zoom in";
    zoom_out: "缩小", "Zoom out";
    legend: "图例与图层", "Legend and layers";
    show: "显示", "Show";
    sectors: "视野", "Views";
    nodes: "节点", "Nodes";
    tree: "供电与网络连线", "Network and power lines";
    places: "工作站、联络点", "Stations and teams";
    plan: "圈块线点规划", "Plan";
    roads: "道路", "Roads";
    camera_layers: "摄像头分层", "Cameras of the layers";
    layer: "分层", "Layer";
    layer_circle: "圈", "Circle";
    layer_block: "块", "Block";
    layer_line: "线", "Line";
    layer_point: "点", "Point";
    kinds: "设施", "Kinds";
    station: "警务工作站", "Work station";
    liaison: "联络点", "Liaison point";
    team: "维护队", "Maintenance team";
    last_days: "最近 7 天", "Last 7 days";
    now: "现在", "now";
    back_to_now: "回到现在", "Back to now";
    showing_past: "地图显示的是历史状态，不是现在：", "The map shows the past, not the present: ";
    no_data: "该时刻没有数据", "no data of this moment";
    lost_at_most: "最多失守", "lost at most";
    no_webgl: "此浏览器不支持 WebGL，无法显示地图；以下列表照常更新。", "This browser has no WebGL, so there is no map; the lists below go on as usual.";
    map_failed: "地图无法加载；以下列表照常更新。", "The map could not be loaded; the lists below go on as usual.";
    roads_failed: "道路文件有误，显示的是上一份：", "The file of roads has faults; shown are those before: ";
    close: "关闭", "Close";
    not_judged: "不评判", "not judged";
    removed: "已从台账移除", "left the register";
    state: "状态", "State";
    reasons: "异常", "What is wrong";
    flapping: "时断时续", "comes and goes";
    inferred: "由其下级推断", "judged by what hangs on it";
    judged_by: "判断依据", "Judged by";
    life: "台账状态", "Status in the register";
    life_planned: "待建", "planned";
    life_active: "在用", "in use";
    life_maintenance: "检修中", "in maintenance";
    life_retired: "已拆除", "retired";
    gb_code: "国标编码", "GB/T 28181 code";
    model: "型号", "Model";
    code: "统计代码", "Statistics code";
    kind: "类型", "Kind";
    part_of: "上级", "Part of";
    hangs_on: "上级链路", "Hangs on";
    path_unknown: "台账中没有登记", "not in the register";
    watches: "看护进出口", "Watches";
    checks: "检查项", "Checks";
    check: "检查", "Check";
    check_reach: "连通", "reach";
    check_stream: "视频流", "stream";
    check_picture: "画面", "picture";
    check_device: "设备", "device";
    result: "结果", "Result";
    passes: "通过", "passes";
    fails: "未通过", "fails";
    held: "暂停检查", "held back";
    result_timeout: "无应答", "no answer";
    result_unreachable: "网络不可达", "unreachable";
    result_refused: "端口关闭", "refused";
    result_reset: "连接被断开", "reset";
    result_protocol: "应答不合协议", "not the protocol";
    result_tls: "TLS 失败", "TLS failed";
    result_body: "内容不符", "not what was asked for";
    result_answered: "有应答但异常", "answers, but something is wrong";
    result_inconclusive: "不能说明问题", "inconclusive";
    last_success: "最近通过", "Last pass";
    evidence: "最近探测结果", "Last outcomes";
    no_evidence: "内存中没有探测结果。", "No outcome is in memory.";
    time: "时间", "Time";
    took: "用时", "Took";
    history: "状态变化", "Changes";
    no_changes: "没有记录。", "None is on record.";
    no_history: "历史暂时读不出来。", "The history cannot be read at the moment.";
    incident: "事件", "Incident";
    nearest_station: "最近警务工作站", "Nearest work station";
    nearest_team: "最近维护队", "Nearest team";
    nearest_liaison: "最近联络点", "Nearest liaison point";
    entrance: "进出口", "Entrance";
    live_cameras: "在线摄像头", "Live cameras";
    needed: "至少需要", "needs";
    wanted: "应有", "should have";
    day_and_night: "白天 · 夜间", "By day · by night";
    by_day: "白天", "By day";
    by_night: "夜间", "By night";
    outage_planned: "检修所致", "by maintenance";
    lost_next: "再坏哪一处就会失守", "What would lose it next";
    survives_one: "任何一处故障都不会使它失守。", "It survives any one failure.";
    who_watches: "谁在看护", "Who watches it";
    nobody_watches: "没有摄像头看护。", "No camera watches it, or may.";
    yes: "能", "yes";
    maybe: "不确定", "maybe";
    no: "不能", "no";
    status_open: "未接单", "open";
    status_acknowledged: "处理中", "taken";
    status_resolved: "已恢复", "resolved";
    resolved: "恢复时间", "Resolved";
    acknowledged: "接单", "Taken by";
    merged_into: "已并入", "Merged into";
    rests_on: "依据", "Evidence";
    ruled_out: "已排除", "Ruled out";
    undecided: "无从判断（其下没有其他设备）", "Could be as well (nothing else hangs on it)";
    what_was_said: "已发出的消息", "What was said";
    said_opened: "新事件", "new";
    said_updated: "更新", "update";
    said_more_lost: "失守增加", "more is lost";
    said_reopened: "再次发生", "again";
    said_acknowledged: "已接单", "taken";
    said_silenced: "已静默", "silenced";
    said_reminded: "再次提醒", "said again";
    said_escalated: "已升级", "escalated";
    said_resolved: "已恢复", "resolved";
    said_merged: "已并入其他事件", "merged";
    cameras_not_well: "不正常的摄像头", "Cameras that are not well";
    nodes_below: "下级节点", "Nodes below";
    cameras_below: "下级摄像头", "Cameras below";
    no_such: "没有这一项。", "There is no such thing.";
}

/// The words of a language.
pub(super) const fn of(language: Language) -> &'static Words {
    match language {
        Language::ZhCn => &ZH,
        Language::En => &EN,
    }
}
