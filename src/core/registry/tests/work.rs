//! maintenance.csv: what is read, and exactly what is said about what cannot be.

use super::*;
use crate::model::{Language, Time};

const AREAS: (FileKind, &str) = (FileKind::Areas, "id,kind\nA,village");
const CAMERAS: (FileKind, &str) = (FileKind::Cameras, "id,name,area,host,node\nC1,x,A,10.0.0.1,N1");
const NODES: (FileKind, &str) = (FileKind::Nodes, "id,kind\nN1,switch");

fn judged(rows: &str) -> (Registry, Vec<Fault>) {
    let text = format!("id,object,from,until,days,start,length,note,who\n{rows}");
    let (registry, faults) = judge(&tables(&[AREAS, CAMERAS, NODES, (FileKind::Maintenance, &text)]));
    let told = faults.into_iter().filter(|f| !matches!(f.kind, FaultKind::DerivedEntrances { .. }));
    (registry, told.collect())
}

fn said(rows: &str) -> Vec<String> {
    judged(rows).1.iter().map(Fault::to_string).collect()
}

#[test]
fn work_comes_once_or_each_week_on_a_camera_a_node_or_a_village() {
    let (registry, faults) = judged(
        "W1,C1,2026-11-24 09:00,2026-11-24 11:30,,,,换球机,王工\nW2,N1,,,sat sun,22:00,4h,,\n\
         W3,A,2026-12-01T00:00:00Z,,daily,9:30,90m,,\nW4,A,2026/12/1 9:00,2026-12-01T05:00:00+08:00,mon,00:00,24h,,",
    );
    assert_eq!(errors(faults), []);
    let work: Vec<&PlannedWork> = registry.work.values().collect();
    let weekly = |at: usize| work[at].weekly.map(|w| w.to_string());
    assert_eq!((work[0].from, work[0].weekly), (Some(WallTime::Local(1_795_510_800_000)), None));
    assert_eq!((work[0].note.as_deref(), work[0].who.as_deref()), (Some("换球机"), Some("王工")));
    assert_eq!((weekly(1).as_deref(), work[1].until), (Some("sat,sun 22:00-02:00"), None));
    assert_eq!(
        (weekly(2).as_deref(), work[2].from),
        (Some("daily 09:30-11:00"), Some(WallTime::At(Time(1_796_083_200_000))))
    );
    assert_eq!(weekly(3).as_deref(), Some("mon 00:00-24:00"));
    assert_eq!(registry.ids().filter(|(_, kind)| *kind == ObjectKind::Work).count(), 4);
}

#[test]
fn every_bad_cell_of_announced_work_is_said_and_all_at_once() {
    for (row, expected) in [
        (
            "W1,C1,明天,2026-11-24 11:30,,,,,",
            &["from: \"明天\" is no moment; write it like 2026-11-24 11:00 (local time) or 2026-11-24T03:00:00Z"][..],
        ),
        ("W1,C1,2026-11-24 12:00,2026-11-24 11:30,,,,,", &["until: \"2026-11-24 11:30\" is not after from"]),
        (
            "W1,C1,2026-11-24 12:00,,,,,,",
            &[
                "until: the cell is empty; work that comes once needs from and until, work that recurs days, start and length",
            ],
        ),
        (
            "W1,C1,,,sat,,2h,,",
            &[
                "start: the cell is empty; work that comes once needs from and until, work that recurs days, start and length",
            ],
        ),
        (
            "W1,C1,,,Saturday,25:00,1d 2h,,",
            &[
                "days: \"Saturday\" are no days; write daily, or mon tue wed thu fri sat sun, separated by spaces",
                "start: \"25:00\" is no time of day; write it like 22:00",
                "length: \"1d 2h\" is no length from 1m to 24h in whole minutes, such as 90m or 4h",
            ],
        ),
        (
            "W1,C1,,,sat,24:00,90s,,",
            &[
                "start: \"24:00\" is no time of day; write it like 22:00",
                "length: \"90s\" is no length from 1m to 24h in whole minutes, such as 90m or 4h",
            ],
        ),
        (
            "W1,C2,,,sat,22:00,25h,,",
            &[
                "length: \"25h\" is no length from 1m to 24h in whole minutes, such as 90m or 4h",
                "object: \"C2\" does not exist; the id of a camera or a node or an area is wanted; did you mean \"C1\"?",
            ],
        ),
        ("W1,,,,sat,22:00,2h,,", &["object: the cell may not be empty"]),
        (
            "C1,C1,,,sat,22:00,2h,,",
            &["id: \"C1\" stands in cameras.csv line 2 already; an id is unique over all kinds"],
        ),
    ] {
        let prefix = "maintenance.csv line 2, ";
        let said: Vec<String> = said(row).iter().map(|s| s.strip_prefix(prefix).unwrap_or(s).to_owned()).collect();
        assert_eq!(said, expected, "{row}");
    }
    let (_, faults) = judged("W1,C1,明天,,Saturday,25:00,1d,,\nW2,C9,,,,,,,");
    assert_eq!(errors(faults.clone()).len(), 6, "{faults:?}");
    for fault in faults {
        let words = fault.words(Language::ZhCn);
        assert!(
            words.contains("maintenance.csv") && words.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
            "{words}"
        );
    }
}

#[test]
fn what_is_over_is_to_be_taken_out_before_there_is_too_much() {
    let row = |n: usize| format!("W{n},C1,2026-11-24 09:00,2026-11-24 11:30,,,,,\n");
    let rows = |n: usize| (0..n).map(row).collect::<String>();
    assert_eq!(said(&rows(1_000)), Vec::<String>::new());
    assert_eq!(said(&rows(1_001)), ["maintenance.csv: a file has at most 1000 rows; the rest is not read"]);
}

#[test]
fn a_difference_of_announced_work_names_what_changes() {
    let (old, _) = judged("W1,C1,2026-11-24 09:00,2026-11-24 11:30,,,,换球机,\nW2,N1,,,sat,22:00,4h,,");
    let (new, _) = judged("W1,C1,2026-11-24 09:00,2026-11-24 12:30,,,,换球机,\nW3,A,,,sun,22:00,4h,,");
    let lines = |language| diff(&old, &new).lines(9, language);
    assert_eq!(
        lines(Language::En),
        [
            "maintenance W1: until 2026-11-24 11:30 → 2026-11-24 12:30",
            "maintenance W2: removed",
            "maintenance W3: added"
        ]
    );
    assert_eq!(lines(Language::ZhCn)[1], "维护计划 W2：删除");
}
