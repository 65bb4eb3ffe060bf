//! The story of an incident in words: what its judgement rests on, and what became of its messages. Told alike on its
//! page, on the repair sheet and by the command line, so that nobody reads two stories of one night.

use cunkou_core::alert::{FoundWords, Incident, Speaker};
use cunkou_core::health::Cause;
use cunkou_core::model::{CameraId, Language, ReasonSet, Time};
use cunkou_core::registry::{LonLat, Registry};
use jiff::tz::TimeZone;

use super::wire::IncidentDelivery;

/// A part of what a judgement rests on: its title, and a line a fact.
pub(crate) type Part = (&'static str, Vec<String>);

/// Speaks in a language, with times of a zone, of one incident by itself: what else goes on is not known to it. Moments of
/// the day on which it began go without their date, which stands beside.
pub(super) fn speaking<T>(
    language: Language,
    registry: &Registry,
    zone: &TimeZone,
    incident: &Incident,
    tell: impl FnOnce(&Speaker<'_>) -> T,
) -> T {
    let time = |at: Time| moment(zone, at, incident.since);
    let no_reasons = |_: &CameraId| ReasonSet::EMPTY;
    tell(&Speaker {
        language,
        registry,
        local_time: &time,
        link: &|_| None,
        reasons: &no_reasons,
        lost_now: &[],
        open_now: &[],
    })
}

/// A moment in a zone, to the second, without the date where that is the day of `since`; nothing for one that never was.
fn moment(zone: &TimeZone, at: Time, since: Time) -> String {
    let local = |at: Time| Some(jiff::Timestamp::from_millisecond(at.millis()).ok()?.to_zoned_datetime(zone.clone()));
    let Some(shown) = local(at).filter(|_| at.millis() != 0) else { return String::new() };
    let same_day = local(since).is_some_and(|since| since.date() == shown.date());
    shown.strftime(if same_day { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

/// Where to go for an incident: the thing to blame, else what is lost, else what is down.
pub(super) fn where_to_go(incident: &Incident, registry: &Registry) -> Option<LonLat> {
    let cause = match &incident.cause {
        Cause::Node(id) | Cause::Partial(id) => registry.nodes.get(id).and_then(|n| n.at),
        Cause::Camera(id) => registry.cameras.get(id).and_then(|c| c.at),
        _ => None,
    };
    let entrances = incident.entrances_lost.iter().filter_map(|id| registry.entrances.get(id)?.at);
    let cameras = incident.cameras.iter().filter_map(|id| registry.cameras.get(id)?.at);
    cause.or_else(|| entrances.chain(cameras).next())
}

/// What a judgement rests on, in parts; parts of which there is nothing are left out.
pub(crate) fn found_parts(language: Language, words: FoundWords) -> Vec<Part> {
    let [evidence, ruled_out, undecided] = match language {
        Language::ZhCn => ["依据", "已排除", "无从判断（其下没有其他设备）"],
        Language::En => ["evidence", "ruled out", "could be as well (nothing else hangs on it)"],
    };
    let parts = [
        (evidence, words.evidence.into_iter().chain(words.extent).collect()),
        (ruled_out, words.ruled_out),
        (undecided, words.undecided),
    ];
    parts.into_iter().filter(|(_, lines): &Part| !lines.is_empty()).collect()
}

/// What became of a message.
pub(crate) struct Fate {
    /// Whether and when it arrived.
    pub(crate) ended: String,
    /// How often it was tried, what was answered, what the last failed try said.
    pub(crate) tries: String,
}

/// What became of a message, with times as the caller writes them.
pub(crate) fn fate(delivery: &IncidentDelivery, language: Language, time: &dyn Fn(&str) -> String) -> Fate {
    let say = |zh: &'static str, en: &'static str| if language == Language::ZhCn { zh } else { en };
    let ended = match (&delivery.delivered_at, &delivery.dropped_at) {
        (Some(at), _) => format!("{} {}", say("送达", "delivered"), time(at)),
        (None, Some(at)) => format!("{} {}", say("放弃", "dropped"), time(at)),
        (None, None) => say("等待", "waits").to_owned(),
    };
    let mut tries = vec![format!("{} {}", delivery.attempts, say("次尝试", "tries"))];
    tries.extend(delivery.answer_code.map(|code| format!("{} {code}", say("应答", "answer"))));
    tries.extend(delivery.error.clone());
    Fate { ended, tries: tries.join(" · ") }
}
