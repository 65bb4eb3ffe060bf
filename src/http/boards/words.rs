//! What the boards say, in both languages.

use cunkou_core::model::Language;

use crate::http::page::catalogue;

catalogue! {
    title: "村口值班屏", "cunkou, duty room";
    token_needed: "查看需要令牌", "A token is needed to look";
    token: "令牌", "Token";
    enter: "进入", "Enter";
    other_language: "English", "中文";
    lost: "失守", "lost";
    reduced: "覆盖减弱", "reduced";
    unknown: "未知", "unknown";
    covered: "有覆盖", "covered";
    unwatched: "未布防", "unwatched";
    planned: "规划中", "planned";
    unjudged: "不判定", "not judged";
    entrances_lost: "个村口失守", "entrances lost";
    entrance_lost: "个村口失守", "entrance lost";
    none_lost: "没有村口失守", "no entrance is lost";
    cannot_say: "无法判断", "cannot say";
    entrances_reduced: "覆盖减弱", "reduced";
    entrances_unknown: "状态未知", "unknown";
    cameras_down: "摄像机离线", "cameras down";
    of_installed: "在装", "of";
    lost_now: "正在失守的村口", "Lost at this moment";
    last_incidents: "最近事件", "Last incidents";
    no_incidents: "最近没有事件。", "No incident of late.";
    since: "自", "since";
    for_minutes: "分钟", "min";
    for_hours: "小时", "h";
    for_days: "天", "d";
    just_now: "刚刚", "just now";
    open: "未接单", "open";
    acknowledged: "已接单", "taken";
    resolved: "已恢复", "over";
    more: "另有", "and more:";
    as_of: "数据时间", "data of";
    blind: "监测系统失明：以下状态不再更新", "The monitor is blind: what follows is not fresh";
    first_round: "启动后首轮检查", "First round after a start";
    connection_lost: "连接中断：屏上内容已经过时", "Connection lost: what is shown is old";
    last_sign: "最后一次收到服务器时间", "last heard of the server at";
    not_ready: "监测程序异常：状态可能不再更新", "The monitor is in trouble: states may not be renewed";
    old_data: "数据未能更新：屏上内容已经过时", "The data could not be renewed: what is shown is old";
    full_screen: "全屏", "Full screen";
    server_time: "服务器时间", "server time";
    comma: "、", ", ";
    semicolon: "；", "; ";
    merged: "已并入事件", "merged into incident";
    up: "正常", "up";
    suspect: "待确认", "suspect";
    degraded: "异常", "degraded";
    camera_down: "离线", "down";
    sheet_title: "抢修单", "Repair sheet";
    to_print: "打印", "Print";
    no_such_incident: "没有这个编号的事件。", "No incident has this number.";
    no_history: "历史记录暂时无法读取，请稍后再试。", "The history cannot be read at the moment; try again.";
    map: "位置示意图", "Sketch of the place";
    legend: "数字 = 失守进出口（见下），■ = 故障设备，× = 受影响摄像机；上北", "number = lost entrance (listed below), ■ = what failed, × = camera affected; north is up";
    no_map: "登记表中没有位置，无法画图。", "The registry has no position for any of this: there is no map.";
    broken_since: "首次失败", "First failure";
    or_else: "也可能是", "Or else";
    how_sure: "把握", "How sure";
    not_exact: "故障过多，原因为近似判断", "too many faults at once: the cause is an approximation";
    hangs_on: "上级设备", "Hangs on";
    where_to: "地点", "Where";
    phone_map: "手机地图", "Chinese maps";
    device_address: "设备地址", "Its address";
    nearest_station: "最近警务站", "Station";
    nearest_team: "维护队", "Team";
    nearest_liaison: "联络点", "Liaison";
    try_first: "先试", "Try first";
    sheet_lost: "失守进出口（在看 / 需要）", "Entrances lost (live / required)";
    not_listed: "未列出", "more, not listed";
    sheet_cameras: "受影响摄像机", "Cameras affected";
    device: "设备", "Device";
    state: "状态", "State";
    last_five: "最近五次检查，左旧右新", "Last five outcomes, the newest on the right";
    no_outcomes: "没有检查记录（可能刚启动）", "no outcomes in memory (a fresh start?)";
    reach: "连通", "reach";
    stream: "视频流", "stream";
    picture: "画面", "picture";
    device_check: "设备", "device";
    passed: "通过", "passed";
    passed_late: "通过（慢）", "passed late";
    timeout: "超时", "timeout";
    unreachable: "不可达", "unreachable";
    refused: "被拒绝", "refused";
    reset: "被重置", "reset";
    protocol: "协议不符", "protocol";
    tls: "TLS 失败", "TLS failed";
    body: "内容不符", "wrong body";
    while_blind: "监测失明", "while blind";
    own_fault: "监测自身故障", "own fault";
    loop_stalled: "监测停顿", "loop stalled";
    not_allowed: "地址不许可", "not allowed";
    to_do: "处理", "Work";
    box_arrived: "已到场，时间：", "on site at:";
    box_power: "供电已查（电源、指示灯）", "power checked (supply, lights)";
    box_cable: "线路已查（网线、光纤、接头）", "line checked (cable, fibre, plugs)";
    box_restart: "设备已重启", "device restarted";
    box_replaced: "已更换，型号 / 序列号：", "replaced; model / serial:";
    box_picture: "画面已核对，角度未变", "picture checked, angle unchanged";
    box_back: "系统已显示恢复，时间：", "shown as over at:";
    box_register: "台账已更新", "register updated";
    done: "处理经过：", "What was done:";
    by_whom: "处理人：", "By:";
    when_done: "完成时间：", "Done at:";
    checked_by: "验收：", "Checked by:";
    no_script: "本屏需要脚本；没有脚本时钟不走，内容不更新。", "This board needs its script: without it the clock stands and nothing is renewed.";
}

/// The words of a language.
pub(super) const fn of(language: Language) -> &'static Words {
    match language {
        Language::ZhCn => &ZH,
        Language::En => &EN,
    }
}
