//! Tests of this room.

use std::sync::Arc;

use cunkou_core::model::{Span, Time};
use jiff::civil::{Weekday, date, time};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn people(ids: &str) -> Vec<Arc<Contact>> {
    let one = |id: &str| Arc::new(Contact { id: id.to_owned(), name: id.to_uppercase(), ..Contact::default() });
    ids.split_whitespace().map(one).collect()
}

/// Monday 09:00 in Shanghai; `a` has the week of 2026-11-02; behind them `x`, always.
fn roster() -> Roster {
    let contacts = people("a b c x");
    Roster {
        zone: zone("Asia/Shanghai"),
        weekday: Weekday::Monday,
        hour: time(9, 0, 0, 0),
        begins: date(2026, 11, 2),
        levels: vec![contacts[..3].to_vec(), contacts[3..].to_vec()],
        contacts,
        holidays: Vec::new(),
        stand_ins: Vec::new(),
    }
}

/// A moment in a zone, as `2026-11-02 09:00`.
fn local(zone: &TimeZone, text: &str) -> Time {
    let civil: jiff::civil::DateTime = text.parse().unwrap();
    Time(zone.to_ambiguous_timestamp(civil).compatible().unwrap().as_millisecond())
}

fn who(roster: &Roster, level: usize, at: Time) -> &str {
    roster.at(level, at).0.map_or("-", |c| c.id.as_str())
}

fn at(roster: &Roster, text: &str) -> String {
    let at = local(&roster.zone, text);
    (0..roster.levels.len()).map(|level| who(roster, level, at)).collect::<Vec<_>>().join(" ")
}

#[test]
fn weeks_go_round_and_change_at_the_hour_of_handover() {
    let r = roster();
    for (moment, expected) in [
        ("2026-11-02 08:59:59.999", "c x"),
        ("2026-11-02 09:00", "a x"),
        ("2026-11-08 23:59", "a x"),
        ("2026-11-09 08:59:59.999", "a x"),
        ("2026-11-09 09:00", "b x"),
        ("2026-11-16 09:00", "c x"),
        ("2026-11-23 09:00", "a x"),
        // Before the first week it goes round backwards.
        ("2026-10-26 09:00", "c x"),
        ("2026-10-19 09:00", "b x"),
        ("2000-01-03 09:00", "b x"),
    ] {
        assert_eq!(at(&r, moment), expected, "{moment}");
    }
    // Any date of the first week will do.
    for day in 2..=8 {
        let same = Roster { begins: date(2026, 11, day), ..roster() };
        assert_eq!(at(&same, "2026-11-05 00:00"), "a x", "{day}");
    }
    assert_eq!(who(&r, 7, local(&r.zone, "2026-11-05 00:00")), "x", "beyond the last level is the last");
}

#[test]
fn a_handover_keeps_its_local_hour_when_the_clock_is_set() {
    // Berlin: forward on Sunday 2026-03-29, back on Sunday 2026-10-25.
    let r = Roster { zone: zone("Europe/Berlin"), ..roster() };
    let week = |from: &str, to: &str| local(&r.zone, to).since(local(&r.zone, from));
    assert_eq!(week("2026-03-23 09:00", "2026-03-30 09:00"), Span::hours(167));
    assert_eq!(week("2026-10-19 09:00", "2026-10-26 09:00"), Span::hours(169));
    for moment in ["2026-03-23", "2026-03-30", "2026-10-19", "2026-10-26"] {
        let then = local(&r.zone, &format!("{moment} 09:00"));
        assert_ne!(who(&r, 0, then - Span::millis(1)), who(&r, 0, then), "{moment}");
        assert_eq!(who(&r, 0, then), who(&r, 0, then + Span::hours(100)), "{moment}");
    }
    // An hour that is skipped is the one after, one that comes twice is the first.
    let night = Roster { weekday: Weekday::Sunday, hour: time(2, 30, 0, 0), ..r };
    for (moment, handover) in [("2026-03-29", "2026-03-29T01:30:00Z"), ("2026-10-25", "2026-10-25T00:30:00Z")] {
        let then = Time(handover.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        assert_ne!(who(&night, 0, then - Span::millis(1)), who(&night, 0, then), "{moment}");
        assert_eq!(who(&night, 0, then), who(&night, 0, then + Span::hours(2)), "{moment}: once");
    }
}

#[test]
fn holidays_go_by_days_of_duty_in_an_order_of_their_own() {
    let r = roster();
    let people = r.contacts.clone();
    let holiday = |from: i8, to: i8, order: &[Arc<Contact>]| Holiday {
        from: date(2026, 11, from),
        to: date(2026, 11, to),
        level: 0,
        order: order.to_vec(),
    };
    let r = Roster { holidays: vec![holiday(3, 6, &people[1..3]), holiday(7, 7, &[])], ..r };
    for (moment, expected) in [
        ("2026-11-03 08:59", "a x"),
        ("2026-11-03 09:00", "b x"),
        ("2026-11-04 08:59", "b x"),
        ("2026-11-04 09:00", "c x"),
        ("2026-11-06 09:00", "c x"),
        ("2026-11-07 08:59", "c x"),
        ("2026-11-07 09:00", "- x"),
        ("2026-11-08 09:00", "a x"),
    ] {
        assert_eq!(at(&r, moment), expected, "{moment}");
    }
    let (_, reason) = r.at(0, local(&r.zone, "2026-11-07 12:00"));
    assert_eq!(reason, Reason::Holiday);
}

#[test]
fn who_stands_in_does_so_to_the_moment_and_the_later_line_holds() {
    let r = roster();
    let p = r.contacts.clone();
    let t = |text: &str| local(&r.zone, text);
    let stand_in = |who: &Arc<Contact>, instead_of: Option<&Arc<Contact>>, level, from: &str, to: &str| StandIn {
        who: who.clone(),
        instead_of: instead_of.cloned(),
        level,
        from: t(from),
        to: t(to),
    };
    // c does a's nights; b swaps with c for a day; x is ill, a stands in at every level.
    let stand_ins = vec![
        stand_in(&p[2], Some(&p[0]), None, "2026-11-03 18:00", "2026-11-04 06:00"),
        stand_in(&p[1], Some(&p[2]), Some(0), "2026-11-04 00:00", "2026-11-05 00:00"),
        stand_in(&p[0], Some(&p[3]), None, "2026-11-10 00:00", "2026-11-11 00:00"),
        stand_in(&p[3], None, Some(0), "2026-11-12 00:00", "2026-11-13 00:00"),
    ];
    let r = Roster { stand_ins, ..r.clone() };
    for (moment, expected) in [
        ("2026-11-03 17:59:59.999", "a x"),
        ("2026-11-03 18:00", "c x"),
        ("2026-11-04 00:00", "b x"),
        ("2026-11-04 05:59:59.999", "b x"),
        ("2026-11-04 06:00", "a x"),
        ("2026-11-10 00:00", "b a"),
        ("2026-11-12 12:00", "x x"),
        ("2026-11-13 00:00", "b x"),
    ] {
        assert_eq!(at(&r, moment), expected, "{moment}");
    }
}

#[test]
fn a_list_of_turns_says_from_when_to_when() {
    let r = roster();
    let t = |text: &str| local(&r.zone, text);
    let turns = r.turns(t("2026-11-05 00:00"), t("2026-11-20 00:00"));
    let said: Vec<String> = turns
        .iter()
        .map(|turn| {
            let who = turn.who.as_ref().map_or("-", |c| c.id.as_str());
            let stamp = |at: Time| r.zone.to_datetime(jiff::Timestamp::from_millisecond(at.millis()).unwrap());
            format!("{} {who} {} {}", turn.level, stamp(turn.from), stamp(turn.to))
        })
        .collect();
    assert_eq!(
        said,
        [
            "0 a 2026-11-05T00:00:00 2026-11-09T09:00:00",
            "1 x 2026-11-05T00:00:00 2026-11-20T00:00:00",
            "0 b 2026-11-09T09:00:00 2026-11-16T09:00:00",
            "0 c 2026-11-16T09:00:00 2026-11-20T00:00:00",
        ]
    );
    let duty = r.on_duty(t("2026-11-05 00:00"));
    assert_eq!((duty[0].until, duty[1].until), (Some(t("2026-11-09 09:00")), None), "x has no end in sight");
}

#[test]
fn nothing_of_a_person_is_shown_by_debug() {
    let contact = Contact {
        id: "wang".into(),
        name: "王强".into(),
        email: Some("wang@town.example".into()),
        phone: Some("13800000001".into()),
        ..Contact::default()
    };
    let shown = format!("{:?} {:?}", Arc::new(contact.clone()), Roster { contacts: vec![contact.into()], ..roster() });
    for personal in ["wang", "王强", "138"] {
        assert!(!shown.contains(personal), "{shown}");
    }
}

#[test]
fn a_roster_that_is_refused_leaves_the_last_good_one() {
    let board = Board::default();
    assert!(board.now().is_none() && board.is_good());
    board.refuse();
    assert!(board.now().is_none() && !board.is_good());
    board.put(roster());
    assert!(board.now().is_some() && board.is_good());
    board.refuse();
    assert!(board.now().is_some() && !board.is_good());
}

const ZONES: [&str; 7] = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "UTC",
];

prop_compose! {
    fn rosters()(
        zone_at in 0..ZONES.len(),
        weekday in 0_i8..7,
        minutes in 0_i16..1440,
        begins in -20_000_i64..20_000,
        sizes in prop::collection::vec(1_usize..5, 1..4),
        holidays in prop::collection::vec((-300_i64..300, 0_i64..10, 0_usize..3, 1_usize..4), 0..4),
        stand_ins in prop::collection::vec((0_i64..100_000_000_000, 0_i64..2_000_000_000, any::<bool>(), 0_usize..4), 0..4),
        base in 0_i64..2_000_000_000_000,
    ) -> (Roster, Time) {
        let contacts = people("a b c d e f g h");
        let days = |n: i64| jiff::Span::new().days(n);
        let r = Roster {
            zone: zone(ZONES[zone_at]),
            weekday: Weekday::from_monday_zero_offset(weekday).unwrap(),
            hour: time((minutes / 60) as i8, (minutes % 60) as i8, 0, 0),
            begins: date(1990, 1, 1).saturating_add(days(begins)),
            levels: sizes.iter().map(|n| contacts[..*n].to_vec()).collect(),
            holidays: Vec::new(),
            stand_ins: Vec::new(),
            contacts: contacts.clone(),
        };
        let start = r.date(Time(base));
        let holidays = holidays.into_iter().map(|(from, len, level, n)| {
            let from = start.saturating_add(days(from));
            Holiday { from, to: from.saturating_add(days(len)), level, order: contacts[..n].to_vec() }
        });
        let stand_ins = stand_ins.into_iter().map(|(from, len, of_one, level)| StandIn {
            who: contacts[7].clone(),
            instead_of: of_one.then(|| contacts[0].clone()),
            level: (level < 3).then_some(level),
            from: Time(base + from),
            to: Time(base + from + len),
        });
        let (holidays, stand_ins) = (holidays.collect(), stand_ins.collect());
        (Roster { holidays, stand_ins, ..r }, Time(base))
    }
}

proptest! {
    /// At each moment exactly one is on duty at each level, and turns say the same as the question of a moment.
    #[test]
    fn turns_leave_no_gap_and_do_not_overlap((r, from) in rosters(), days in 1_i64..120, picks in prop::collection::vec(0.0..1.0, 8)) {
        let to = from + Span::hours(24 * days);
        let turns = r.turns(from, to);
        for level in 0..r.levels.len() {
            let own: Vec<&Turn> = turns.iter().filter(|t| t.level == level).collect();
            prop_assert_eq!(own.first().map(|t| t.from), Some(from));
            prop_assert_eq!(own.last().map(|t| t.to), Some(to));
            for pair in own.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
                prop_assert!((&pair[0].who, pair[0].reason) != (&pair[1].who, pair[1].reason));
                // To the moment.
                prop_assert_eq!(r.at(level, pair[1].from - Span::millis(1)).0, pair[0].who.as_ref());
                prop_assert_eq!(r.at(level, pair[1].from).0, pair[1].who.as_ref());
            }
            for pick in &picks {
                let at = from + Span::millis((to.since(from).0 as f64 * pick) as i64);
                let turn = own.iter().find(|t| t.from <= at && at < t.to).unwrap();
                prop_assert_eq!((r.at(level, at).0, r.at(level, at).1), (turn.who.as_ref(), turn.reason));
                prop_assert!(turn.who.is_some());
            }
        }
    }

    /// Without holidays and stand-ins a week of duty is seven days of the calendar: 168 hours, and what the clock was set by.
    #[test]
    fn a_week_is_a_week((r, from) in rosters()) {
        let r = Roster { holidays: Vec::new(), stand_ins: Vec::new(), levels: vec![people("a b")], ..r };
        let turns = r.turns(from, from + Span::hours(24 * 100));
        for turn in turns.iter().skip(1).rev().skip(1) {
            let hours = turn.to.since(turn.from).0 as f64 / 3_600_000.0;
            prop_assert!((143.0..=170.0).contains(&hours), "{hours}");
            prop_assert_eq!(r.handover(r.date(turn.from)), turn.from);
        }
    }

    /// Any moment at all, and any date at the ends of the calendar.
    #[test]
    fn no_moment_is_too_far(at in any::<i64>(), (r, _) in rosters()) {
        prop_assert!(r.at(0, Time(at)).0.is_some());
    }
}
