//! What a review says.

use super::*;
use crate::alert::{OftenOut, Review};
use crate::model::Span;

fn review(every: ReviewEvery) -> Review {
    let mut over = incident(0, 1, Cause::Camera(CameraId::new("C1").unwrap()));
    (over.id, over.resolved_at) = (IncidentId(41), Some(Time(3 * HOUR)));
    Review {
        every,
        from: Time(HOUR),
        to: Time(4 * HOUR),
        open: vec![Arc::new(incident(1, 40, switch()))],
        open_in_all: 12,
        mended: vec![Arc::new(over)],
        mended_in_all: 1,
        available: Some(0.992_3),
        worst: vec![OftenOut { camera: CameraId::new("C7").unwrap(), out: Span::minutes(126), available: 0.98 }],
    }
}

#[test]
fn a_review_says_what_is_open_what_was_mended_and_who_was_out_for_longest() {
    let registry = registry();
    let zh = speak(Language::ZhCn, &registry, &entrances(1), |s| s.told_of_review(&review(ReviewEvery::Day)));
    assert_eq!(zh.title, "【日报】村口失守 1 处 · 未恢复事件 12 起，已恢复 1 起 · 摄像机在线率 99.23 %");
    assert_eq!(
        zh.lines,
        [
            "统计时段：01:00 至 04:00",
            "目前仍失守村口 1 处：甘棠村 1号口",
            "#42 村口失守 1 处 · 摄像机中断 40 台 · 原因：交换机 S12（甘棠汇聚）；开始时间：02:00",
            "另有 11 起未列出",
            "#41 已恢复，原因：摄像机 C1；持续时间：02:00 至 03:00",
            "中断最久的摄像机：C7（2.1 小时，在线率 98.00 %）",
        ]
    );
    let en = speak(Language::En, &registry, &[], |s| s.told_of_review(&review(ReviewEvery::Week)));
    assert_eq!(en.title, "Weekly review: no entrance lost · 12 incidents open, 1 mended · cameras available 99.23 %");
    assert_eq!(
        en.lines[1..3].join("|"),
        "no entrance is lost now|#42 1 entrance lost · 40 cameras down · cause: switch S12 (甘棠汇聚); since 02:00"
    );
    assert_eq!(en.lines.last().unwrap(), "out for longest: C7: 2.1 h, available 98.00 %");
    let quiet = Review {
        open: Vec::new(),
        open_in_all: 0,
        mended: Vec::new(),
        mended_in_all: 0,
        available: None,
        worst: Vec::new(),
        ..review(ReviewEvery::Day)
    };
    let en = speak(Language::En, &registry, &[], |s| s.told_of_review(&quiet));
    assert_eq!(en.title, "Daily review: no entrance lost · 0 incidents open, 0 mended");
    assert_eq!(en.lines, ["from 01:00 to 04:00", "no entrance is lost now"], "that nothing happened is told too");
}
