//! What a judgement rests on, as a part of the story: the evidence, the rivals that it rules out, and those that nothing
//! speaks for or against.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cunkou_core::alert::{Naming, found_words};
use cunkou_core::health;
use cunkou_core::model::Time;

use crate::cli::common::Tongue;
use crate::cli::gaps::cause_words;
use crate::cli::table::{named, plain};
use crate::cli::when;
use crate::http::story::found_parts;
use crate::http::wire::{Cause, IncidentFindings};

/// The part, with a blank line before it; empty where nothing was found.
pub(super) fn part(found: &IncidentFindings, tongue: &Tongue) -> String {
    let causes: BTreeMap<(&str, &str), &Cause> = found
        .ruled_out
        .iter()
        .map(|r| &r.rival)
        .chain(&found.undecided)
        .map(|c| ((c.kind.as_str(), c.id.as_deref().unwrap_or_default()), c))
        .collect();
    let witnesses =
        found.evidence.iter().map(|e| &e.of).chain(found.ruled_out.iter().filter_map(|r| r.witness.as_ref()));
    let names: BTreeMap<&str, &str> = witnesses.map(|w| (w.id.as_str(), w.name.as_str())).collect();
    let witness = |w: &health::Witness| plain(&named(names.get(w.id()).copied().unwrap_or_default(), w.id()));
    let cause = |c: &health::Cause| {
        let object = c.object();
        causes.get(&(c.kind(), object.as_str())).map_or(object.clone(), |c| cause_words(c, tongue))
    };
    let time = |at: Time| when::local(at, &tongue.zone);
    let naming = Naming { witness: &witness, cause: &cause, time: &time };
    let words = found_words(tongue.language, &found.values(), &naming);
    let mut out = String::new();
    for (title, lines) in found_parts(tongue.language, words) {
        let _ = writeln!(out, "\n{title}");
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use cunkou_core::health::{Evidence, Findings, Heard, MANY_OTHERS, MonitorCause, Objection, RuledOut, Witness};
    use cunkou_core::model::{CameraId, Check, FailKind, Language, NodeId};
    use cunkou_core::registry::Registry;
    use jiff::tz::TimeZone;

    use super::*;

    fn found() -> IncidentFindings {
        let (c101, c777) = (CameraId::new("C0101").unwrap(), CameraId::new("C0777").unwrap());
        let node = |id: &str| NodeId::new(id).unwrap();
        let at = |s: i64| Time(1_795_489_200_000 + s * 1_000);
        let heard = Heard::Failed { check: Check::Reach, how: Some(FailKind::Timeout), confirmed: Some(at(3)) };
        let answered = Objection::Answered { by: Witness::Camera(c777), at: at(4), others: 3 };
        let by_very_many = Objection::Answered { by: Witness::Node(node("SW-09")), at: at(4), others: MANY_OTHERS };
        let by_canary = Objection::Answered { by: Witness::Canary("10.0.0.1".into()), at: at(5), others: 0 };
        let findings = Findings {
            evidence: vec![
                Evidence { of: Witness::Node(node("SW-03")), heard, at: at(0) },
                Evidence { of: Witness::Camera(c101), heard: Heard::LastAnswer, at: at(-2) },
            ],
            failed: 12,
            inferred: 28,
            ruled_out: vec![
                RuledOut { rival: health::Cause::Node(node("UP-1")), by: answered },
                RuledOut { rival: health::Cause::Node(node("UP-0")), by: by_very_many },
                RuledOut {
                    rival: health::Cause::Node(node("PW-2")),
                    by: Objection::ExplainsLess { explains: 5, of: 12 },
                },
                RuledOut { rival: health::Cause::Monitor(MonitorCause::Blind), by: by_canary },
            ],
            undecided: vec![node("ONU-9")],
        };
        IncidentFindings::of(&findings, &Registry::default())
    }

    #[test]
    fn the_story_says_what_led_to_the_cause_and_what_ruled_each_rival_out() {
        for (language, expected) in [
            (
                Language::En,
                "\nevidence\n  SW-03: no answer since 2026-11-24 03:00:00 (reach, confirmed 2026-11-24 03:00:03)\n  \
                 the last answer came from C0101 at 2026-11-24 02:59:58\n  12 cameras failed, 28 more inferred\n\n\
                 ruled out\n  node UP-1 (C0777 answered at 2026-11-24 03:00:04, and 3 others since)\n  \
                 node UP-0 (SW-09 answered at 2026-11-24 03:00:04, and 999 or more others since)\n  \
                 node PW-2 (explains 5 of 12 failures)\n  \
                 the monitor's own line (10.0.0.1 answered at 2026-11-24 03:00:05)\n\n\
                 could be as well (nothing else hangs on it)\n  node ONU-9\n",
            ),
            (
                Language::ZhCn,
                "\n依据\n  SW-03 自 2026-11-24 03:00:00 起无应答（连通，2026-11-24 03:00:03 确认）\n  \
                 最后一次应答来自 C0101，2026-11-24 02:59:58\n  实测中断 12 台，推定 28 台\n\n\
                 已排除\n  节点 UP-1（C0777 于 2026-11-24 03:00:04 有应答，另有 3 台）\n  \
                 节点 UP-0（SW-09 于 2026-11-24 03:00:04 有应答，另有 999 台或更多）\n  \
                 节点 PW-2（只能解释 12 处故障中的 5 处）\n  监测端自身（10.0.0.1 于 2026-11-24 03:00:05 有应答）\n\n\
                 无从判断（其下没有其他设备）\n  节点 ONU-9\n",
            ),
        ] {
            assert_eq!(part(&found(), &Tongue { language, zone: TimeZone::UTC }), expected);
        }
        assert_eq!(part(&IncidentFindings::default(), &Tongue { language: Language::En, zone: TimeZone::UTC }), "");
    }
}
