//! 简体中文。

use super::Tongue;
use crate::alert::{AlertName, EndReason, MessageKind, ReviewEvery};
use crate::health::{MANY_OTHERS, MonitorCause};
use crate::model::{Check, FailKind, IncidentId, Reason};
use crate::registry::NodeKind;

pub(super) struct Zh;

/// What somebody wrote, behind the rest of a line.
fn noted(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!("：{note}") }
}

impl Tongue for Zh {
    fn list(&self, shown: &[String], total: usize) -> String {
        let names = shown.join("、");
        match total.saturating_sub(shown.len()) {
            0 => names,
            rest => format!("{names} 等（另有 {rest} 个未列出）"),
        }
    }

    fn entrances_lost(&self, n: usize) -> String {
        format!("村口失守 {n} 处")
    }

    fn seals_broken(&self, n: usize) -> String {
        format!("封控失效 {n} 处")
    }

    fn cameras_down(&self, n: usize, of: Option<u32>) -> String {
        match of {
            Some(of) => format!("摄像机中断 {n} 台（共 {of} 台）"),
            None => format!("摄像机中断 {n} 台"),
        }
    }

    fn nothing_lost(&self) -> String {
        "无村口失守".to_owned()
    }

    fn cause(&self, cause: &str) -> String {
        format!("原因：{cause}")
    }

    fn blind(&self) -> String {
        "监测端失明：所有摄像机都看不到，问题在监测端，不代表摄像机有故障".to_owned()
    }

    fn kind(&self, kind: MessageKind, headline: &str) -> String {
        let word = match kind {
            MessageKind::Opened => "新事件",
            MessageKind::Updated => "更新",
            MessageKind::MoreLost => "失守增加",
            MessageKind::Reopened => "再次发生",
            MessageKind::Acknowledged => "已受理",
            MessageKind::Silenced => "已静默",
            MessageKind::Reminded => "仍未恢复",
            MessageKind::Escalated => "升级",
            MessageKind::Resolved => "已恢复",
            MessageKind::Merged => "已并入其他事件",
            MessageKind::Digest => "合并通报",
        };
        format!("【{word}】{headline}")
    }

    fn digest(&self, open: usize, over: usize) -> String {
        match (open, over) {
            (_, 0) => format!("事件 {open} 起"),
            (0, _) => format!("已结束事件 {over} 起"),
            _ => format!("事件 {open} 起，另有 {over} 起已结束"),
        }
    }

    fn check(&self, check: Check) -> &'static str {
        match check {
            Check::Reach => "连通",
            Check::Stream => "视频流",
            Check::Picture => "画面",
            Check::Device => "设备",
        }
    }

    fn failure(&self, how: Option<FailKind>) -> &'static str {
        match how {
            None => "未通过",
            Some(FailKind::Timeout) => "无应答",
            Some(FailKind::Unreachable) => "网络不可达",
            Some(FailKind::Refused) => "拒绝连接",
            Some(FailKind::Reset) => "连接被重置",
            Some(FailKind::Protocol) => "应答不合协议",
            Some(FailKind::Tls) => "TLS 失败",
            Some(FailKind::Body) => "内容不对",
        }
    }

    fn failed(&self, of: &str, check: &str, how: &str, from: &str, confirmed: Option<&str>) -> String {
        let confirmed = confirmed.map(|at| format!("，{at} 确认")).unwrap_or_default();
        format!("{of} 自 {from} 起{how}（{check}{confirmed}）")
    }

    fn trouble(&self, of: &str, check: &str, reasons: &str, at: &str) -> String {
        format!("{of} 于 {at} 有应答但异常：{reasons}（{check}）")
    }

    fn last_answer(&self, of: &str, at: &str) -> String {
        format!("最后一次应答来自 {of}，{at}")
    }

    fn turned(&self, of: &str, times: u32, at: &str) -> String {
        format!("{of} 一小时内中断 {times} 次，最近一次 {at}")
    }

    fn failed_and_inferred(&self, failed: u32, inferred: u32) -> String {
        match inferred {
            0 => format!("实测中断 {failed} 台"),
            _ => format!("实测中断 {failed} 台，推定 {inferred} 台"),
        }
    }

    fn own_sight(&self) -> &'static str {
        "监测端自身"
    }

    fn ruled_out_by_answer(&self, rival: &str, by: &str, at: &str, others: u32) -> String {
        let others = match others {
            0 => String::new(),
            n if n >= MANY_OTHERS => format!("，另有 {n} 台或更多"),
            n => format!("，另有 {n} 台"),
        };
        format!("{rival}（{by} 于 {at} 有应答{others}）")
    }

    fn ruled_out_by_refusal(&self, rival: &str, by: &str, at: &str) -> String {
        format!("{rival}（{by} 于 {at} 有回应，线路可达）")
    }

    fn explains_less(&self, rival: &str, explains: u32, of: u32) -> String {
        format!("{rival}（只能解释 {of} 处故障中的 {explains} 处）")
    }

    fn why_line(&self, evidence: &str, ruled_out: Option<&str>) -> String {
        let ruled_out = ruled_out.map(|r| format!("。已排除：{r}")).unwrap_or_default();
        format!("依据：{evidence}{ruled_out}")
    }

    fn review(&self, every: ReviewEvery, headline: &str) -> String {
        match every {
            ReviewEvery::Day => format!("【日报】{headline}"),
            ReviewEvery::Week => format!("【周报】{headline}"),
        }
    }

    fn period_line(&self, from: &str, to: &str) -> String {
        format!("统计时段：{from} 至 {to}")
    }

    fn open_and_mended(&self, open: usize, mended: usize) -> String {
        format!("未恢复事件 {open} 起，已恢复 {mended} 起")
    }

    fn available(&self, percent: &str) -> String {
        format!("摄像机在线率 {percent}")
    }

    fn mended_line(&self, id: &str, cause: &str) -> String {
        format!("{id} 已恢复，原因：{cause}")
    }

    fn rest_line(&self, n: usize) -> Option<String> {
        (n > 0).then(|| format!("另有 {n} 起未列出"))
    }

    fn out_for(&self, camera: &str, hours: &str, percent: &str) -> String {
        format!("{camera}（{hours} 小时，在线率 {percent}）")
    }

    fn worst_line(&self, list: &str) -> String {
        format!("中断最久的摄像机：{list}")
    }

    fn together(&self, facts: &[String]) -> String {
        facts.join("；")
    }

    fn lost_line(&self, n: usize, list: &str) -> String {
        format!("失守村口 {n} 处：{list}")
    }

    fn was_lost_line(&self, n: usize, list: &str) -> String {
        format!("曾失守村口 {n} 处：{list}")
    }

    fn seals_line(&self, n: usize, list: &str) -> String {
        format!("封控失效 {n} 处：{list}")
    }

    fn was_broken_line(&self, n: usize, list: &str) -> String {
        format!("封控曾失效 {n} 处：{list}")
    }

    fn way(&self, length_m: f64) -> String {
        if length_m < 1_000.0 { format!("{length_m:.0} 米") } else { format!("{:.1} 公里", length_m / 1_000.0) }
    }

    fn way_in(&self, length_m: f64, entrances: &str, cameras: &str) -> String {
        let mut parts = vec![format!("可不经任何在看的摄像机进入，最短通道 {}", self.way(length_m))];
        if !entrances.is_empty() {
            parts.push(format!("经过 {entrances}"));
        }
        if !cameras.is_empty() {
            parts.push(format!("通道上失效的摄像机：{cameras}"));
        }
        parts.join("，")
    }

    fn of_area(&self, area: &str, what: &str) -> String {
        format!("{area}：{what}")
    }

    fn villages_line(&self, n: usize, list: &str) -> String {
        format!("涉及村（社区）{n} 个：{list}")
    }

    fn cameras_line(&self, n: usize, of: Option<u32>, list: &str) -> String {
        format!("{}：{list}", self.cameras_down(n, of))
    }

    fn rivals_line(&self, list: &str) -> String {
        format!("也可能是：{list}")
    }

    fn since_line(&self, from: &str) -> String {
        format!("开始时间：{from}")
    }

    fn lasted_line(&self, from: &str, to: &str) -> String {
        format!("持续时间：{from} 至 {to}")
    }

    fn station_line(&self, name: &str, metres: f64) -> String {
        format!("最近警务工作站：{name}（直线约 {:.1} 公里）", metres / 1_000.0)
    }

    fn link_line(&self, link: &str) -> String {
        format!("详情：{link}")
    }

    fn still_lost_line(&self, n: usize, list: &str) -> String {
        format!("目前仍失守村口 {n} 处：{list}")
    }

    fn none_lost_line(&self) -> String {
        "目前没有失守的村口".to_owned()
    }

    fn others_open_line(&self, n: usize, list: &str) -> String {
        format!("另有 {n} 起事件未恢复：{list}")
    }

    fn acknowledged_line(&self, by: &str, at: &str, note: &str, until: Option<&str>) -> String {
        let note = if note.is_empty() { String::new() } else { format!("，备注：{note}") };
        let until = until.map(|u| format!("，有效至 {u}")).unwrap_or_default();
        format!("{by} 于 {at} 受理{note}{until}")
    }

    fn silenced_line(&self, by: &str, at: &str, note: &str, until: &str) -> String {
        format!("{by} 于 {at} 静默，至 {until} 前不再通知{}", noted(note))
    }

    fn ack_expired_line(&self, by: &str, at: &str, note: &str, until: &str) -> String {
        format!("{by} 于 {at} 受理，已于 {until} 到期，目前无人受理{}", noted(note))
    }

    fn silence_ended_line(&self, by: &str, at: &str, note: &str, until: &str) -> String {
        format!("{by} 于 {at} 设置的静默已于 {until} 结束，故障仍在{}", noted(note))
    }

    fn still_open_line(&self) -> String {
        "仍未恢复，且无人受理".to_owned()
    }

    fn maintenance_ended_line(&self) -> String {
        "维护已结束或不足以解释，故障仍在".to_owned()
    }

    fn escalated_line(&self, level: u8) -> String {
        format!("无人受理，已升级到第 {level} 级")
    }

    fn merged_line(&self, into: Option<IncidentId>) -> String {
        match into {
            Some(id) => format!("与事件 #{id} 同一原因，后续以 #{id} 为准；尚未恢复"),
            None => "与另一事件同一原因；尚未恢复".to_owned(),
        }
    }

    fn reopened_line(&self, times: u32) -> String {
        format!("恢复后再次发生，第 {times} 次")
    }

    fn ended_line(&self, at: &str, why: EndReason) -> String {
        match why {
            EndReason::Recovered => format!("已于 {at} 恢复"),
            EndReason::Removed => format!("已于 {at} 结束：对象已从登记表移除或不再判定，并非恢复"),
            EndReason::Superseded => format!("已于 {at} 结束：由另一告警接替，并非恢复"),
        }
    }

    fn node(&self, kind: Option<NodeKind>) -> &'static str {
        match kind {
            Some(NodeKind::Uplink) => "上联",
            Some(NodeKind::Switch) => "交换机",
            Some(NodeKind::Onu) => "光猫",
            Some(NodeKind::Nvr) => "录像机",
            Some(NodeKind::Power) => "供电",
            Some(NodeKind::Pole) => "立杆",
            Some(NodeKind::Group) => "设备组",
            None => "设备",
        }
    }

    fn camera(&self) -> &'static str {
        "摄像机"
    }

    fn named(&self, what: &str, id: &str, name: &str) -> String {
        let what = if what.is_empty() { String::new() } else { format!("{what} ") };
        if name.is_empty() || name == id { format!("{what}{id}") } else { format!("{what}{id}（{name}）") }
    }

    fn partial(&self, node: &str) -> String {
        format!("{node} 部分中断")
    }

    fn common_village(&self, village: &str) -> String {
        format!("{village}多台摄像机同时中断，共同原因不明，登记表中没有对应设备")
    }

    fn common_subnet(&self, subnet: &str) -> String {
        format!("网段 {subnet} 多台摄像机同时中断，共同原因不明，登记表中没有对应设备")
    }

    fn common_town(&self) -> String {
        "全镇多个网段的摄像机同时中断，共同原因不明，登记表中没有对应设备".to_owned()
    }

    fn monitor(&self, cause: MonitorCause) -> &'static str {
        match cause {
            MonitorCause::Blind => "监测端失明",
            MonitorCause::Stopped => "监测程序曾停止",
            MonitorCause::Stuck => "监测端无法写入数据库",
            MonitorCause::Starting => "监测刚启动，尚无应答",
            MonitorCause::OffDuty => "不在值守时段",
        }
    }

    fn alert(&self, name: AlertName, what: &str) -> String {
        match name {
            AlertName::EntranceLost => format!("村口失守：{what}，在看的摄像机不足"),
            AlertName::EntranceLostTonight => format!("今晚将失守：{what}，入夜后能看见的摄像机不足"),
            AlertName::EntranceReduced => format!("村口冗余不足：{what}，仍有摄像机在看，但少于应有台数"),
            AlertName::EntranceUnknown => format!("村口状况不明：{what}，较长时间没有可靠的检测结果"),
            AlertName::SealBroken => format!("封控失效：{what}，有路可不经任何在看的摄像机进入"),
            AlertName::NodeDown => format!("设备中断：{what}"),
            AlertName::NodePartial => format!("设备部分中断：{what}"),
            AlertName::CommonCause => format!("多台摄像机同时中断：{what}"),
            AlertName::CameraDown => format!("摄像机中断：{what}"),
            AlertName::CameraDegraded => format!("摄像机异常：{what}，有应答但不正常"),
            AlertName::CameraFlapping => format!("摄像机时断时续：{what}"),
            AlertName::CameraUnknown => format!("摄像机状况不明：{what}，较长时间没有可靠的检测结果"),
            AlertName::MonitorBlind => self.blind(),
            AlertName::MonitorStuck => "监测端无法写入数据库：新情况暂时无法通知".to_owned(),
            AlertName::Watchdog => "监测正常：本告警始终存在，消失即表示监测已停止".to_owned(),
        }
    }

    fn with_reasons(&self, summary: &str, list: &str) -> String {
        format!("{summary}：{list}")
    }

    fn reason(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::Black => "画面全黑",
            Reason::Covered => "镜头被遮挡",
            Reason::NoSignal => "无视频信号",
            Reason::Frozen => "画面冻结",
            Reason::Moved => "画面偏移",
            Reason::Corrupt => "画面损坏",
            Reason::Auth => "密码被拒绝",
            Reason::Busy => "设备繁忙",
            Reason::Method => "设备不接受请求方法",
            Reason::Lossy => "丢包较多",
            Reason::Slow => "应答缓慢",
            Reason::PictureFailed => "取不到画面",
            Reason::DeviceFailed => "设备检查失败",
            Reason::Clock => "时钟不准",
            Reason::Firmware => "固件版本不符",
            Reason::Certificate => "证书即将到期或已到期",
            Reason::TlsTooOld => "TLS 版本过旧",
            Reason::LowLight => "画面过暗",
            Reason::Blur => "画面模糊",
            Reason::Noise => "画面噪点多",
            Reason::Stripes => "画面有条纹",
            Reason::ColourCast => "画面偏色",
        }
    }
}
