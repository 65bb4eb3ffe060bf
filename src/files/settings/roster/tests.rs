//! Tests of reading a roster.

use proptest::prelude::*;

use super::*;

const WHOLE: &str = include_str!("../../../../config/roster.toml");

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

fn faults(text: &str) -> Vec<String> {
    roster(text, &zone()).unwrap_err().iter().map(ToString::to_string).collect()
}

fn utc(text: &str) -> Time {
    Time(text.parse::<Timestamp>().unwrap().as_millisecond())
}

#[test]
fn the_example_is_a_roster_and_says_all_that_one_can() {
    let r = roster(WHOLE, &TimeZone::UTC).unwrap();
    assert_eq!(r.zone.iana_name(), Some("Asia/Shanghai"));
    assert_eq!((r.weekday, r.hour), (Weekday::Monday, Hour::constant(9, 0, 0, 0)));
    assert_eq!((r.contacts.len(), r.levels.len()), (4, 3));
    let wang = &r.contacts[0];
    assert_eq!((wang.id.as_str(), wang.name.as_str()), ("wang", "王强"));
    assert_eq!(wang.phone.as_deref(), Some("13800000001"));
    assert_eq!(wang.email.as_deref(), Some("王强 <wang@town.example>"));
    assert_eq!((wang.dingtalk.as_deref(), wang.wecom.as_deref()), (Some("manager4220"), Some("WangQiang")));
    assert_eq!((wang.feishu.as_deref(), wang.ntfy.as_deref()), (Some("ou_1a2b3c"), Some("liuzhi-wang")));
    let chief = &r.contacts[3];
    assert_eq!(chief.sinks, ["sms", "mail"]);
    assert!(chief.is_reached_by("sms") && !chief.is_reached_by("group") && wang.is_reached_by("group"));
    assert_eq!(r.holidays.len(), 2);
    assert_eq!(r.stand_ins[0].from, utc("2026-12-07T01:00:00Z"), "a date is its hour of handover");
    assert_eq!((r.stand_ins[0].level, r.stand_ins[1].level), (None, Some(0)));
    assert_eq!(r.stand_ins[1].to, utc("2026-12-19T23:30:00+08:00"));
    // Every key of the example is one that counts: without its line it is another roster, or none.
    for (at, _) in WHOLE.lines().enumerate().filter(|(_, l)| l.contains(" = ") && !l.starts_with(['#', ' '])) {
        let less: Vec<&str> = WHOLE.lines().enumerate().filter(|(i, _)| *i != at).map(|(_, l)| l).collect();
        let line = WHOLE.lines().nth(at).unwrap();
        // What these say is what holds without them, or is for whoever reads the file.
        let usual = ["weekday = ", "hour = ", "level = 0", "name = \"国庆", "name = \"春节"];
        if !usual.iter().any(|l| line.starts_with(l)) {
            assert_ne!(roster(&less.join("\n"), &TimeZone::UTC).ok().as_ref(), Some(&r), "{line}");
        }
    }
}

#[test]
fn every_fault_of_a_roster_is_told_at_once_and_shows_no_address() {
    let text = "\
[rota]
time_zone = \"Asia/Wuhan\"
weekday = \"monday \"
hour = 9
begin = 2026-11-02
[[contact]]
id = \"wang\"
email = \"wang at town\"
phone = \"call me\"
wecom = \"@all\"
[[contact]]
id = \"wang\"
feishu = \"all\"
ntfy = \"a b\"
[[contact]]
name = \"李\"
[[level]]
order = [\"wang\", \"wagn\", \"zhao\"]
[[level]]
[[holiday]]
from = 2026-10-07
to = \"2026-10-01\"
[[holiday]]
from = \"1 October\"
level = 2
order = []
[[override]]
who = \"wan\"
from = \"2026-12-02 09:00\"
to = \"2026-12-01 09:00\"
instead = \"wang\"
[[overide]]
";
    let expected = [
        "line 1: rota: this is missing here: begins, a date of the week",
        "line 2: rota.time_zone = \"Asia/Wuhan\": allowed is a zone of the IANA list",
        "line 3: rota.weekday = \"monday \": allowed is monday, tuesday, … sunday (did you mean \"monday\"?)",
        "line 4: rota.hour = 9: allowed is an hour of the day: 09:00",
        "line 5: rota.begin: there is no such setting (did you mean \"begins\"?)",
        "line 8: contact[0].email: allowed is an address",
        "line 9: contact[0].phone: allowed is a telephone number",
        "line 10: contact[0].wecom: allowed is a userid",
        "line 11: contact[1].id = \"wang\": this name is taken already",
        "line 13: contact[1].feishu: allowed is a userid",
        "line 14: contact[1].ntfy: allowed is a topic",
        "line 15: contact[2]: this is missing here: id",
        "line 18: level[0].order = \"wagn\": allowed is the id of a [[contact]] of this file (did you mean \"wang\"?)",
        "line 18: level[0].order = \"zhao\": allowed is the id of a [[contact]] of this file",
        "line 19: level[1]: this is missing here: order, a list of ids",
        "line 20: holiday[0]: this is missing here: order, a list of ids",
        "line 22: holiday[0].to = \"2026-10-01\": allowed is a date not before from",
        "line 24: holiday[1].from = \"1 October\": allowed is a date: 2026-10-01",
        "line 25: holiday[1].level = 2: allowed is a level of this file, counted from 0",
        "line 28: override[0].who = \"wan\": allowed is the id of a [[contact]] of this file (did you mean \"wang\"?)",
        "line 30: override[0].to = \"2026-12-01 09:00\": allowed is a moment after from",
        "line 31: override[0].instead: there is no such setting (did you mean \"instead_of\"?)",
        "line 32: overide: there is no such setting (did you mean \"override\"?)",
    ];
    let told = faults(text);
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}\nand not {expected}");
    }
    assert_eq!(told.len(), expected.len(), "{told:?}");
    let empty = faults("").join("\n");
    assert!(empty.contains("the file: rota: this is missing here: begins, a date"), "{empty}");
    assert!(empty.contains("this is missing here: [[level]], with the order"), "{empty}");
    assert!(faults("[rota\n")[0].contains("this is no TOML"));
}

#[test]
fn numbers_and_userids_are_taken_as_gateways_want_them() {
    for (written, read) in [
        ("138 0000 0001", Some("13800000001")),
        ("+86-138-0000-0001", Some("+8613800000001")),
        ("110", Some("110")),
        ("", None),
        ("12", None),
        ("138x", None),
        ("1380+1", None),
        ("１３８00000001", None),
    ] {
        assert_eq!(phone(written).as_deref(), read, "{written}");
    }
    for (written, good) in
        [("ou_1-a.b@c", true), ("all", false), ("@All", false), ("", false), ("a<b", false), ("村", false)]
    {
        assert_eq!(user(written).is_some(), good, "{written}");
    }
}

#[test]
fn moments_are_local_unless_they_say_otherwise() {
    let base = "[rota]\nbegins = 2026-11-02\nhour = \"08:30\"\n[[contact]]\nid = \"a\"\n[[level]]\norder = [\"a\"]\n";
    for (written, at) in [
        ("2026-12-01", "2026-12-01T00:30:00Z"),
        ("\"2026-12-01 10:00\"", "2026-12-01T02:00:00Z"),
        ("2026-12-01T10:00:00", "2026-12-01T02:00:00Z"),
        ("2026-12-01T10:00:00Z", "2026-12-01T10:00:00Z"),
        ("\"2026-12-01T10:00:00-05:00\"", "2026-12-01T15:00:00Z"),
    ] {
        let text = format!("{base}[[override]]\nwho = \"a\"\nfrom = {written}\nto = 2027-01-01\n");
        assert_eq!(roster(&text, &zone()).unwrap().stand_ins[0].from, utc(at), "{written}");
    }
    for written in ["\"tomorrow\"", "\"2026-12\"", "10", "\"2026-12-01 10:00[Asia/Shanghai]\"", "\"2026-13-01 00:00\""]
    {
        let text = format!("{base}[[override]]\nwho = \"a\"\nfrom = {written}\nto = 2027-01-01\n");
        assert!(roster(&text, &zone()).is_err(), "{written}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_a_roster_or_faults(text in "\\PC{0,200}") {
        let _ = roster(&text, &TimeZone::UTC);
    }

    /// The example with a piece of it changed into something else.
    #[test]
    fn a_damaged_roster_gives_a_roster_or_faults(at in 0..WHOLE.len(), len in 0_usize..40, put in "\\PC{0,12}") {
        let start = (0..=at).rev().find(|i| WHOLE.is_char_boundary(*i)).unwrap();
        let end = (start..=WHOLE.len()).find(|i| *i >= (start + len).min(WHOLE.len()) && WHOLE.is_char_boundary(*i)).unwrap();
        let text = format!("{}{put}{}", &WHOLE[..start], &WHOLE[end..]);
        match roster(&text, &zone()) {
            Ok(roster) => prop_assert!(roster.levels.iter().all(|order| !order.is_empty())),
            Err(faults) => prop_assert!(!faults.is_empty()),
        }
    }
}
