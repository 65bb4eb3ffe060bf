//! Words of the API as people read them.

use cunkou_core::model::Language;

use super::common::Tongue;
use super::table::plain;

/// Ids that are named in one line.
const NAMED: usize = 5;

/// The first few of some ids, and how many more there are.
pub(super) fn some<T: AsRef<str>>(ids: &[T]) -> String {
    let first: Vec<&str> = ids.iter().take(NAMED).map(AsRef::as_ref).collect();
    let first = plain(&first.join(" "));
    match ids.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} +{more}"),
    }
}

/// What a thing is.
pub(super) fn component_word<'a>(kind: &'a str, tongue: &Tongue) -> &'a str {
    if tongue.language == Language::En {
        return kind;
    }
    match kind {
        "camera" => "摄像机",
        "uplink" => "上联",
        "switch" => "交换机",
        "onu" => "光猫",
        "nvr" => "录像机",
        "power" => "供电",
        "pole" => "杆",
        other => other,
    }
}
