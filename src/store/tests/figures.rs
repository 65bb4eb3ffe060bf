//! Figures: added up by the hour, packed by the day, forgotten and given back a little at a time.

use std::collections::BTreeMap;

use cunkou_core::model::Check;

use super::*;

fn row(hour: i64, n: u32, check: Check, probes: u64) -> HourlyRow {
    let rtt = [3, probes - 10, 6, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    HourlyRow { hour, camera: camera(n), check, sums: Sums { probes, failures: 1, rtt } }
}

async fn keep(store: &Store, hourly: &[HourlyRow]) {
    let effects = Effects::default();
    store.commit(&Batch { hourly, ..Batch::new(store.next_batch(), &effects, 1) }).await.unwrap();
}

/// Whole days of some cameras, both checks.
async fn days(store: &Store, days: std::ops::Range<i64>, cameras: u32) {
    for day in days {
        let hours = day * 24..day * 24 + 24;
        let rows: Vec<HourlyRow> = hours
            .flat_map(|hour| (1..=cameras).map(move |n| (hour, n)))
            .flat_map(|(hour, n)| {
                let jitter = (hour * 7 + i64::from(n) * 13).unsigned_abs() % 50;
                [row(hour, n, Check::Reach, 310 + jitter), row(hour, n, Check::Stream, 120 - jitter / 2)]
            })
            .collect();
        keep(store, &rows).await;
    }
}

async fn pack_all(store: &Store, before: i64) -> u64 {
    let mut all = 0;
    loop {
        match store.pack_some(before).await.unwrap() {
            0 => return all,
            rows => all += rows,
        }
    }
}

#[tokio::test]
async fn the_hours_of_days_that_are_over_are_packed_and_add_up() {
    let store = memory().await;
    days(&store, 100..103, 40).await;
    let whole = store.hourly((0, i64::MAX), None, u32::MAX).await.unwrap();
    let packed = pack_all(&store, 102).await;
    assert_eq!(packed, 2 * 24 * 40 * 2);
    let left = store.hourly((0, i64::MAX), None, u32::MAX).await.unwrap();
    assert!(left.len() == 24 * 40 * 2 && left.iter().all(|r| r.hour >= 102 * 24), "today stays by the hour");
    let mut expected: BTreeMap<_, (Sums, BTreeMap<u8, Sums>)> = BTreeMap::new();
    for r in whole.into_iter().filter(|r| r.hour < 102 * 24) {
        let (day, hours) = expected.entry((r.hour / 24, r.camera, r.check)).or_default();
        day.add(&r.sums);
        hours.insert((r.hour % 24) as u8, r.sums);
    }
    let daily = store.daily((0, i64::MAX), None, u32::MAX).await.unwrap();
    let found = daily.into_iter().map(|d| ((d.day, d.camera, d.check), (d.sums, d.hours)));
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    assert_eq!(pack_all(&store, 102).await, 0);
}

/// The clock was set back, or figures came late: what is packed already is added to, never replaced.
#[tokio::test]
async fn what_comes_late_is_added_to_what_is_packed() {
    let store = memory().await;
    keep(&store, &[row(240, 1, Check::Reach, 100), row(241, 1, Check::Reach, 100)]).await;
    pack_all(&store, 11).await;
    keep(&store, &[row(241, 1, Check::Reach, 50), row(242, 1, Check::Reach, 20)]).await;
    assert_eq!(pack_all(&store, 11).await, 2);
    let daily = store.daily((10, 11), Some("C0001"), 10).await.unwrap();
    assert_eq!(daily.len(), 1);
    assert_eq!((daily[0].sums.probes, daily[0].sums.failures, daily[0].sums.rtt[0]), (270, 4, 12));
    let by_hour: Vec<(u8, u64)> = daily[0].hours.iter().map(|(h, s)| (*h, s.probes)).collect();
    assert_eq!(by_hour, [(0, 100), (1, 150), (2, 20)]);
}

#[tokio::test]
async fn hours_are_forgotten_and_their_days_stay() {
    let store = memory().await;
    days(&store, 100..104, 20).await;
    pack_all(&store, 104).await;
    let before = store.daily((0, i64::MAX), None, u32::MAX).await.unwrap();
    let mut forgotten = 0;
    loop {
        match store.forget_some(102, Time(0)).await.unwrap() {
            0 => break,
            rows => forgotten += rows,
        }
    }
    assert_eq!(forgotten, 2 * 20 * 2);
    let after = store.daily((0, i64::MAX), None, u32::MAX).await.unwrap();
    assert_eq!(after.len(), before.len(), "days are for ever");
    for (a, b) in after.iter().zip(&before) {
        assert_eq!((a.day, &a.sums), (b.day, &b.sums));
        assert_eq!(a.hours.is_empty(), a.day < 102);
    }
}

#[tokio::test]
async fn old_audit_entries_are_forgotten_a_few_at_a_time() {
    let store = memory().await;
    let entry = |at| AuditEntry {
        at: Time(at),
        who: "duty".to_owned(),
        what: "acknowledge".to_owned(),
        object: "1".to_owned(),
        from: String::new(),
        via: String::new(),
        old: None,
        new: None,
    };
    let audit: Vec<AuditEntry> = (0..1_200).map(entry).collect();
    let effects = Effects::default();
    store.commit(&Batch { audit: &audit, ..Batch::new(store.next_batch(), &effects, 1) }).await.unwrap();
    let mut steps = Vec::new();
    loop {
        match store.forget_some(0, Time(1_000)).await.unwrap() {
            0 => break,
            rows => steps.push(rows),
        }
    }
    assert_eq!(steps, [512, 488]);
    assert_eq!(store.audit(&AuditQuery { limit: 5_000, ..AuditQuery::default() }).await.unwrap().len(), 200);
}

/// What a camera's day takes in the file is what `doctor` reckons with.
#[tokio::test]
async fn a_day_of_a_camera_takes_as_many_bytes_as_is_said() {
    let town = Town::new();
    let store = town.open().await;
    let (cameras, all_days) = (20, 60);
    for day in 0..all_days {
        days(&store, day..day + 1, cameras).await;
        pack_all(&store, day + 1).await;
    }
    while store.give_back_some().await.unwrap() {}
    let mut reader = store.inner.connections.read().await.unwrap();
    let sql = "SELECT page_count * page_size - freelist_count * page_size AS n \
               FROM pragma_page_count, pragma_page_size, pragma_freelist_count";
    let used = super::super::sql::Cells::int(&reader.link().unwrap().row(sql, vec![]).await.unwrap().unwrap(), "n");
    let used = u64::try_from(used.unwrap()).unwrap();
    let a_day = used / u64::from(cameras) / u64::try_from(all_days).unwrap();
    println!("a day of a camera: {a_day} bytes");
    assert!(a_day <= DAY_BYTES && a_day * 2 > DAY_BYTES, "{a_day} bytes");
}

#[tokio::test]
async fn free_pages_go_back_to_the_disk_in_steps() {
    let town = Town::new();
    let store = town.open().await;
    let bulk = |n: u32| AuditEntry {
        at: Time(1),
        who: "x".to_owned(),
        what: "registry".to_owned(),
        object: n.to_string(),
        from: String::new(),
        via: String::new(),
        old: None,
        new: Some("村".repeat(2_000)),
    };
    let audit: Vec<AuditEntry> = (0..2_000).map(bulk).collect();
    let effects = Effects::default();
    store.commit(&Batch { audit: &audit, ..Batch::new(store.next_batch(), &effects, 1) }).await.unwrap();
    while store.forget_some(0, Time(2)).await.unwrap() > 0 {}
    let pages = || async {
        let mut reader = store.inner.connections.read().await.unwrap();
        let sql = "SELECT page_count AS n FROM pragma_page_count";
        let row = reader.link().unwrap().row(sql, vec![]).await.unwrap().unwrap();
        super::super::sql::Cells::int(&row, "n").unwrap()
    };
    let before = pages().await;
    let mut steps = 1;
    while store.give_back_some().await.unwrap() {
        steps += 1;
    }
    let after = pages().await;
    assert!(before > 3_000 && after < 1_200, "{before} -> {after} pages");
    assert!(steps > 5, "{steps} steps");
    assert!(!store.give_back_some().await.unwrap());
}
