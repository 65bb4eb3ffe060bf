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
    villages: "有缺口的村", "Villages with gaps";
    village: "村 / 社区", "Village";
    no_villages: "各村进出口均有覆盖。", "Every watched entrance is covered.";
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
}

/// The words of a language.
pub(super) const fn of(language: Language) -> &'static Words {
    match language {
        Language::ZhCn => &ZH,
        Language::En => &EN,
    }
}
