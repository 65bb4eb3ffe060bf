//! What is thought of each thing that was seen, in words: numbers in, a finding out. Looks at nothing itself.

use std::net::IpAddr;

use cunkou_core::model::{Language, Span, Time};

use super::{Finding, Verdict};
use crate::cli::common::Tongue;
use crate::probe::PingRights;
use crate::store::DAY_BYTES;

/// Below this nothing can be kept for long, bytes.
const DISK_FULL: u64 = 64 << 20;
/// Figures of a camera in 400 days, bytes.
const BYTES_A_CAMERA: u64 = 400 * DAY_BYTES;
/// The clock may be so much behind the last tick: slewing.
const BEHIND: Span = Span::seconds(2);

fn finding(check: &'static str, verdict: Verdict, found: String, advice: &str) -> Finding {
    Finding { check, verdict, found, advice: advice.to_owned() }
}

/// Who needs pings.
pub(super) struct Pings {
    pub(super) cameras: usize,
    pub(super) nodes: usize,
    pub(super) canaries: usize,
}

pub(super) fn ping(rights: PingRights, who: &Pings, t: &Tongue) -> Finding {
    let wanted = who.cameras + who.nodes + who.canaries;
    let (cameras, nodes, canaries) = (who.cameras, who.nodes, who.canaries);
    let needs = match t.language {
        Language::ZhCn => format!("按 ICMP 探测：{cameras} 台摄像机，{nodes} 个节点，{canaries} 个参照地址"),
        Language::En => format!("asked by ICMP: {cameras} cameras, {nodes} nodes, {canaries} canaries"),
    };
    let (verdict, how) = match rights {
        PingRights::Datagram => (Verdict::Ok, t.say("可以 ping（无需特权）", "pings are allowed without privilege")),
        PingRights::Raw => (Verdict::Ok, t.say("可以 ping（CAP_NET_RAW）", "pings are allowed by CAP_NET_RAW")),
        PingRights::None => (
            if wanted > 0 { Verdict::Warning } else { Verdict::Ok },
            t.say("不能 ping，以 TCP 代替", "pings are not allowed: TCP is used in their place"),
        ),
    };
    let advice = match verdict {
        Verdict::Ok => "",
        _ => t.say(
            "执行 sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"，并写入 /etc/sysctl.d/；\n容器里做不到时：给服务 AmbientCapabilities=CAP_NET_RAW（见 config/cunkou.service）；\n或在台账 checks 列写 reach=tcp:端口",
            "sysctl -w net.ipv4.ping_group_range=\"0 2147483647\", and the same in /etc/sysctl.d/;\nwhere that cannot be had (containers): AmbientCapabilities=CAP_NET_RAW, see config/cunkou.service;\nor write reach=tcp:PORT into the column checks",
        ),
    };
    finding("ping", verdict, format!("{how}; {needs}"), advice)
}

/// Mebibytes.
fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

pub(super) fn disk(place: &str, free: u64, database: u64, cameras: usize, t: &Tongue) -> Finding {
    let will = BYTES_A_CAMERA.saturating_mul(cameras as u64);
    let more = will.saturating_sub(database);
    let verdict = match free {
        n if n < DISK_FULL => Verdict::Fault,
        n if n < more.saturating_add(DISK_FULL) => Verdict::Warning,
        _ => Verdict::Ok,
    };
    let (free, database, will) = (mib(free), mib(database), mib(will).max(1));
    let found = match t.language {
        Language::ZhCn => {
            format!("{place} 剩余 {free} MiB；数据库 {database} MiB，{cameras} 台摄像机的统计在 400 天后约 {will} MiB")
        }
        Language::En => format!(
            "{free} MiB free at {place}; the database has {database} MiB, and the figures of {cameras} cameras come to some {will} MiB after 400 days"
        ),
    };
    let advice = match verdict {
        Verdict::Ok => "",
        _ => t.say(
            "腾出空间，或把 [database] url 指向更大的磁盘；[keep] hourly 可缩短",
            "make room, or let [database] url point to a larger disk; [keep] hourly may be shorter",
        ),
    };
    finding("disk", verdict, found, advice)
}

/// The folder of the database cannot be used at all.
pub(super) fn no_disk(place: &str, why: &str, t: &Tongue) -> Finding {
    let advice = t.say(
        "建立该目录，并让运行守护进程的用户可写（systemd：StateDirectory=cunkou）",
        "make the folder, writable for the user that runs the daemon (systemd: StateDirectory=cunkou)",
    );
    finding("disk", Verdict::Fault, format!("{place}: {why}"), advice)
}

pub(super) fn files(hard: u64, in_flight: usize, t: &Tongue) -> Finding {
    // As many probes again may hold a second socket, and some are for HTTP, the database and the sinks.
    let needed = (in_flight as u64).saturating_mul(2).saturating_add(64);
    let verdict = if hard < needed { Verdict::Warning } else { Verdict::Ok };
    let found = match t.language {
        Language::ZhCn => format!("最多可打开 {hard} 个文件；{in_flight} 个同时探测约需 {needed} 个"),
        Language::En => format!("{hard} files may be open; {in_flight} probes in flight want some {needed}"),
    };
    let advice = match verdict {
        Verdict::Ok => String::new(),
        _ => t
            .say(
                "systemd：LimitNOFILE=65536；shell：ulimit -Hn；或减小 [probe] in_flight",
                "systemd: LimitNOFILE=65536; a shell: ulimit -Hn; or a smaller [probe] in_flight",
            )
            .to_owned(),
    };
    finding("files", verdict, found, &advice)
}

/// Whether the clock is kept by somebody (`None`: nobody here can tell), and whether it runs behind what was kept.
pub(super) fn clock(synchronised: Option<bool>, last_tick: Option<Time>, now: Time, t: &Tongue) -> Finding {
    if let Some(behind) = last_tick.map(|tick| tick.since(now)).filter(|b| *b > BEHIND) {
        let found = match t.language {
            Language::ZhCn => format!("系统时钟比数据库最后一次记录慢 {behind}"),
            Language::En => format!("the clock is {behind} behind the last entry of the database"),
        };
        let advice =
            t.say("校正时钟（chrony 或 systemd-timesyncd）", "set the clock right (chrony, systemd-timesyncd)");
        return finding("clock", Verdict::Fault, found, advice);
    }
    let (verdict, found, advice) = match synchronised {
        Some(true) => (Verdict::Ok, t.say("时钟已同步", "the clock is synchronised"), ""),
        Some(false) => (
            Verdict::Warning,
            t.say(
                "时钟未同步：历史和消息里的时间会偏",
                "the clock is not synchronised: times in history and messages will be off",
            ),
            t.say("启用 chrony 或 systemd-timesyncd", "turn on chrony or systemd-timesyncd"),
        ),
        None => (
            Verdict::Unknown,
            t.say(
                "无法得知时钟是否同步（没有 timedatectl 的应答）",
                "whether the clock is synchronised cannot be told: timedatectl does not answer",
            ),
            t.say(
                "在宿主机上查看：chronyc tracking 或 timedatectl",
                "look on the host: chronyc tracking, or timedatectl",
            ),
        ),
    };
    finding("clock", verdict, found.to_owned(), advice)
}

pub(super) fn names(known: usize, unknown: &[String], t: &Tongue) -> Finding {
    let all = known + unknown.len();
    let (verdict, found) = match (all, unknown) {
        (0, _) => (
            Verdict::Ok,
            t.say("台账和设置里没有需要解析的名字", "nothing in registry and settings needs a name resolved")
                .to_owned(),
        ),
        (_, []) => (
            Verdict::Ok,
            match t.language {
                Language::ZhCn => format!("{all} 个名字都能解析"),
                Language::En => format!("all {all} names resolve"),
            },
        ),
        (_, unknown) => (
            Verdict::Fault,
            match t.language {
                Language::ZhCn => format!("{all} 个名字中有 {} 个不能解析：{}", unknown.len(), unknown.join("，")),
                Language::En => format!("{} of {all} names do not resolve: {}", unknown.len(), unknown.join(", ")),
            },
        ),
    };
    let advice = match verdict {
        Verdict::Ok => "",
        _ => t.say(
            "检查 /etc/resolv.conf 和拼写；摄像机最好在台账里写 IP 地址",
            "look at /etc/resolv.conf and the spelling; cameras are best written by their addresses",
        ),
    };
    finding("dns", verdict, found, advice)
}

/// What came of asking a sink for its front page: a status, or why not; of a mail server, whether it can be reached.
pub(super) fn sink(name: &str, shown: &str, heard: Result<Option<u16>, String>, t: &Tongue) -> Finding {
    match heard {
        Ok(None) => {
            let found = t.say("可以连接（未发送消息）", "takes connections (no message was sent)");
            finding("sink", Verdict::Ok, format!("{name}: {shown} {found}"), "")
        }
        Ok(Some(status)) => {
            let found = match t.language {
                Language::ZhCn => format!("{name}：{shown} 有应答（首页 HTTP {status}；未发送消息）"),
                Language::En => {
                    format!("{name}: {shown} answers (HTTP {status} for its front page; no message was sent)")
                }
            };
            finding("sink", Verdict::Ok, found, "")
        }
        Err(why) => {
            let advice = t.say(
                "检查地址、防火墙、代理和证书；消息会留在发件箱里，直到它应答",
                "look at address, firewall, proxy and certificate; messages wait in the outbox until it answers",
            );
            finding("sink", Verdict::Fault, format!("{name}: {shown}: {why}"), advice)
        }
    }
}

pub(super) fn no_sinks(t: &Tongue) -> Finding {
    let found = t.say("没有设置告警去向：没有人会收到消息", "no sink is set: nobody is told anything");
    let advice = t.say(
        "在 cunkou.toml 里加 [[sink]]（Alertmanager、webhook、邮件、钉钉、企业微信、飞书、ntfy 或短信网关），再用 cunkou notify test 试发",
        "add a [[sink]] to cunkou.toml (Alertmanager, webhook, mail, a robot of a chat service, ntfy, a gateway) and try it with `cunkou notify test`",
    );
    finding("sink", Verdict::Warning, found.to_owned(), advice)
}

/// What came of asking the service of the heartbeat for its front page: its status, or why not.
pub(super) fn heartbeat(shown: &str, heard: Result<u16, String>, t: &Tongue) -> Finding {
    match heard {
        Ok(status) => {
            let found = match t.language {
                Language::ZhCn => format!("{shown} 有应答（首页 HTTP {status}；未代守护进程报平安）"),
                Language::En => format!("{shown} answers (HTTP {status} for its front page; no heartbeat was sent)"),
            };
            finding("heartbeat", Verdict::Ok, found, "")
        }
        Err(why) => {
            let advice = t.say(
                "检查 [heartbeat]、地址、防火墙、代理和证书：心跳送不到，对方会当作本监控已停而告警",
                "look at [heartbeat], address, firewall, proxy and certificate: the service takes silence for a dead monitor",
            );
            finding("heartbeat", Verdict::Fault, format!("{shown}: {why}"), advice)
        }
    }
}

/// No heartbeat is set; whether a sink hears the watchdog in its place.
pub(super) fn no_heartbeat(watched: bool, t: &Tongue) -> Finding {
    if watched {
        let found = t.say(
            "没有设置心跳；由接收 Watchdog 的去向发现本监控停摆",
            "none is set; the sinks with watchdog notice when this monitor dies",
        );
        return finding("heartbeat", Verdict::Ok, found.to_owned(), "");
    }
    let found = t.say("没有人会发现本监控自己停摆", "nobody notices when this monitor itself dies");
    let advice = t.say(
        "设置 [heartbeat] url（healthchecks、Uptime Kuma 等），或给一个去向 watchdog = true",
        "set [heartbeat] url (healthchecks, Uptime Kuma …), or watchdog = true for a sink",
    );
    finding("heartbeat", Verdict::Warning, found.to_owned(), advice)
}

pub(super) fn no_canary(gateway: Option<IpAddr>, t: &Tongue) -> Finding {
    let found = t.say(
        "没有参照地址：自己断网时，只能靠一批摄像机同时失联来判断",
        "no canary: that the monitor itself is cut off can only be told from many cameras that fail at once",
    );
    let advice = match gateway {
        Some(gateway) => format!(
            "[monitor] canaries = [\"{gateway}\"]  {}",
            t.say("（本机的默认网关）", "(the default gateway of this machine)")
        ),
        None => t
            .say(
                "[monitor] canaries = [\"…\"]：一个比任何摄像机都近的地址，例如核心交换机",
                "[monitor] canaries = [\"…\"]: an address nearer than any camera, such as the core switch",
            )
            .to_owned(),
    };
    finding("canary", Verdict::Warning, found.to_owned(), &advice)
}

/// What a canary said: nothing is wrong, or why it is silent.
pub(super) fn canary(name: &str, heard: Result<Option<Span>, String>, t: &Tongue) -> Finding {
    match heard {
        Ok(rtt) => {
            let rtt = rtt.map(|r| format!(" ({r})")).unwrap_or_default();
            finding("canary", Verdict::Ok, format!("{name} {}{rtt}", t.say("有应答", "answers")), "")
        }
        Err(why) => {
            let advice = t.say(
                "换一个会应答的参照地址：从未应答过的不算数",
                "choose one that answers: a canary that never answered does not count",
            );
            finding("canary", Verdict::Warning, format!("{name}: {why}"), advice)
        }
    }
}

/// Cameras with an address that may not be probed; the first of them.
pub(super) fn networks(cameras: usize, outside: usize, first: Option<IpAddr>, t: &Tongue) -> Finding {
    let Some(first) = first else {
        let found = match t.language {
            Language::ZhCn => format!("{cameras} 台摄像机的地址都在 [probe] allow 之内"),
            Language::En => format!("the addresses of all {cameras} cameras are within [probe] allow"),
        };
        return finding("networks", Verdict::Ok, found, "");
    };
    let found = match t.language {
        Language::ZhCn => {
            format!("{cameras} 台摄像机中有 {outside} 台的地址不在 [probe] allow 之内，例如 {first}：不会探测")
        }
        Language::En => format!(
            "{outside} of {cameras} cameras have an address outside [probe] allow, such as {first}: never asked"
        ),
    };
    finding(
        "networks",
        Verdict::Fault,
        found,
        t.say("把它们的网段加进 [probe] allow", "add their networks to [probe] allow"),
    )
}

pub(super) fn registry(dir: &str, cameras: usize, errors: usize, why: Option<&str>, t: &Tongue) -> Finding {
    let (verdict, found) = match (why, errors) {
        (Some(why), _) => (Verdict::Fault, format!("{dir}: {why}")),
        (None, 0) => (
            Verdict::Ok,
            match t.language {
                Language::ZhCn => format!("{dir}：{cameras} 台摄像机"),
                Language::En => format!("{dir}: {cameras} cameras"),
            },
        ),
        (None, errors) => (
            Verdict::Fault,
            match t.language {
                Language::ZhCn => format!("{dir} 有 {errors} 个错误"),
                Language::En => format!("{dir} has {errors} faults"),
            },
        ),
    };
    let advice = if verdict == Verdict::Ok {
        ""
    } else {
        t.say("cunkou check 逐行说明", "cunkou check says which, line by line")
    };
    finding("registry", verdict, found, advice)
}

pub(super) fn secrets(why: Option<String>, t: &Tongue) -> Finding {
    match why {
        None => finding("secrets", Verdict::Ok, t.say("口令可读", "secrets can be read").to_owned(), ""),
        Some(why) => {
            let advice = t.say("文件权限须为 0600 或更严", "the file must have mode 0600 or stricter");
            finding("secrets", Verdict::Fault, why, advice)
        }
    }
}

/// Who writes to the database, or why it cannot be read; `None`: there is none yet.
pub(super) fn database(found: Option<Result<String, String>>, t: &Tongue) -> Finding {
    match found {
        None => {
            let found = t.say("尚无数据库；首次 cunkou run 时建立", "no database yet; the first cunkou run makes one");
            finding("database", Verdict::Ok, found.to_owned(), "")
        }
        Some(Ok(state)) => finding("database", Verdict::Ok, state, ""),
        Some(Err(why)) => {
            let advice = t.say(
                "不要删除它：历史和未发的消息都在里面；先备份，再看上面的原因",
                "do not delete it: history and unsent messages are in it; copy it first, then look at the reason above",
            );
            finding("database", Verdict::Fault, why, advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn english() -> Tongue {
        Tongue { language: Language::En, zone: TimeZone::UTC }
    }

    #[test]
    fn pings_matter_only_to_those_who_are_pinged() {
        let nobody = Pings { cameras: 0, nodes: 0, canaries: 0 };
        let some = Pings { cameras: 0, nodes: 0, canaries: 1 };
        let verdict = |rights, who: &Pings| ping(rights, who, &english()).verdict;
        assert_eq!(verdict(PingRights::None, &nobody), Verdict::Ok);
        assert_eq!(verdict(PingRights::None, &some), Verdict::Warning);
        assert_eq!(verdict(PingRights::Raw, &some), Verdict::Ok);
        assert!(ping(PingRights::None, &some, &english()).advice.contains("ping_group_range"));
    }

    #[test]
    fn a_disk_must_hold_what_will_come() {
        let verdict = |free: u64, database: u64| disk("/x", free << 20, database << 20, 778, &english()).verdict;
        assert_eq!(verdict(10_000, 0), Verdict::Ok);
        assert_eq!(verdict(200, 0), Verdict::Warning);
        assert_eq!(verdict(200, 260), Verdict::Ok, "most of it is there already");
        assert_eq!(verdict(10, 240), Verdict::Fault);
    }

    #[test]
    fn files_are_reckoned_two_a_probe() {
        assert_eq!(files(1_024, 512, &english()).verdict, Verdict::Warning);
        assert_eq!(files(65_536, 1_011, &english()).verdict, Verdict::Ok);
        assert_eq!(files(u64::MAX, usize::MAX, &english()).verdict, Verdict::Ok);
    }

    #[test]
    fn a_clock_behind_what_was_kept_is_worse_than_one_that_nobody_keeps() {
        let verdict = |kept, tick: i64| clock(kept, Some(Time(tick)), Time(1_000_000), &english()).verdict;
        assert_eq!(verdict(Some(true), 999_000), Verdict::Ok);
        assert_eq!(verdict(Some(false), 999_000), Verdict::Warning);
        assert_eq!(verdict(None, 999_000), Verdict::Unknown);
        assert_eq!(verdict(Some(true), 1_010_000), Verdict::Fault);
        assert_eq!(verdict(Some(true), 1_001_000), Verdict::Ok, "it slews");
        assert_eq!(clock(Some(true), None, Time(5), &english()).verdict, Verdict::Ok);
    }

    #[test]
    fn the_gateway_is_suggested_as_a_line_of_the_settings() {
        let advice = no_canary(Some("192.168.1.1".parse().unwrap()), &english()).advice;
        assert!(advice.starts_with("[monitor] canaries = [\"192.168.1.1\"]"), "{advice}");
        assert!(!no_canary(None, &english()).advice.is_empty());
    }

    /// Whatever is wrong has advice, and what is right has none, in both languages.
    #[test]
    fn what_is_wrong_says_what_to_do() {
        for language in [Language::En, Language::ZhCn] {
            let t = &Tongue { language, zone: TimeZone::UTC };
            let pings = Pings { cameras: 1, nodes: 2, canaries: 3 };
            let all = [
                ping(PingRights::None, &pings, t),
                disk("/x", 0, 0, 12, t),
                no_disk("/x", "gone", t),
                files(10, 512, t),
                clock(Some(false), None, Time(0), t),
                clock(None, None, Time(0), t),
                clock(None, Some(Time(9_999)), Time(0), t),
                names(1, &["cam.example".to_owned()], t),
                sink("desk", "http://x", Err("refused".to_owned()), t),
                no_sinks(t),
                heartbeat("https://x", Err("refused".to_owned()), t),
                no_heartbeat(false, t),
                no_canary(None, t),
                canary("gw", Err("silent".to_owned()), t),
                networks(5, 2, "8.8.8.8".parse().ok(), t),
                registry("/r", 0, 3, None, t),
                registry("/r", 0, 0, Some("gone"), t),
                secrets(Some("mode 0644".to_owned()), t),
                database(Some(Err("malformed".to_owned())), t),
            ];
            assert!(all.iter().all(|f| f.verdict > Verdict::Ok && !f.advice.is_empty()), "{all:#?}");
            let good = [
                disk("/x", u64::MAX, 0, 12, t),
                names(2, &[], t),
                names(0, &[], t),
                sink("desk", "http://x", Ok(Some(404)), t),
                heartbeat("https://x", Ok(200), t),
                no_heartbeat(true, t),
                canary("gw", Ok(Some(Span::millis(3))), t),
                networks(5, 0, None, t),
                registry("/r", 5, 0, None, t),
                secrets(None, t),
                database(None, t),
                database(Some(Ok("process 7".to_owned())), t),
            ];
            assert!(good.iter().all(|f| f.verdict == Verdict::Ok && f.advice.is_empty()), "{good:#?}");
        }
    }
}
