//! Reviews: told at their time, once, also over restarts, and never while the store is away.

use std::time::Duration;

use cunkou_core::model::{Severity, Span, Time};
use jiff::tz::TimeZone;

use super::fixture::{Memory, T0};
use super::turns::{Rig, refused};
use crate::files::settings::ReviewTimes;
use crate::notify::Outbox;
use crate::notify::review::Reviewing;

/// From the beginning, ten past two, to eight o'clock of that day.
const TO_EIGHT: Span = Span::minutes(5 * 60 + 50);
const DAY: Span = Span::hours(24);

fn daily() -> Option<Reviewing> {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    Some(Reviewing { times: ReviewTimes { weekly: false, minute: 8 * 60 }, zone, least: Severity::Warning })
}

/// An outbox that knows of a review that was taken.
async fn after(last: Time) -> Memory {
    let outbox = Memory::default();
    outbox.reviewed("desk", last).await.unwrap();
    outbox
}

fn key(due: Time) -> String {
    format!("review/desk/{}", due.millis())
}

#[tokio::test(start_paused = true)]
async fn a_review_is_told_each_day_at_its_time_and_looks_back_on_the_day() {
    let mut rig = Rig::reviewed(Memory::default(), vec![], true, daily());
    for day in 0..3 {
        let due = TO_EIGHT + DAY * day;
        let (at, what) = rig.next().await;
        assert_eq!(what, format!("{} 24 h, 0 open, 3 mended", key(T0 + due)), "the first looks back on a day, too");
        assert!(at >= due.as_millis() && at <= due.as_millis() + 60_000, "{at}");
        assert_eq!(rig.outbox.last_review("desk").await.unwrap(), Some(T0 + due));
    }
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_was_told_before_a_restart_is_not_told_again_and_what_was_missed_is_told_as_one() {
    let yesterday = T0 + TO_EIGHT - DAY;
    let rig = Rig::reviewed(after(yesterday).await, vec![], true, daily());
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(rig.rest().await, [""; 0], "it is told already");

    let mut rig = Rig::reviewed(after(yesterday - DAY * 3).await, vec![], true, daily());
    let (at, what) = rig.next().await;
    assert_eq!(what, format!("{} 72 h, 0 open, 3 mended", key(yesterday)), "three days nobody ran");
    assert!(at <= 60_000, "{at}");
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_reviewed_while_the_store_is_away_and_it_is_told_when_it_is_back() {
    let yesterday = T0 + TO_EIGHT - DAY;
    let mut rig = Rig::reviewed(after(yesterday - DAY).await, vec![], true, daily());
    rig.outbox.refuse_writes(true);
    tokio::time::sleep(Duration::from_secs(600)).await;
    rig.outbox.refuse_writes(false);
    let (at, what) = rig.next().await;
    assert_eq!(what, format!("{} 24 h, 0 open, 3 mended", key(yesterday)));
    assert!(at >= 600_000, "{at}");
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_review_that_is_refused_is_tried_again_under_the_same_key() {
    let yesterday = T0 + TO_EIGHT - DAY;
    let mut rig = Rig::reviewed(after(yesterday - DAY).await, vec![refused(), refused()], true, daily());
    for _ in 0..3 {
        assert!(rig.next().await.1.starts_with(&key(yesterday)));
    }
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(rig.outbox.last_review("desk").await.unwrap(), Some(yesterday));
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_wants_no_review_gets_none() {
    let rig = Rig::reviewed(Memory::default(), vec![], true, None);
    tokio::time::sleep(Duration::from_secs(48 * 3_600)).await;
    assert_eq!(rig.rest().await, [""; 0]);
}
