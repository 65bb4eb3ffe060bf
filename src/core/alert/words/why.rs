//! Why a word was said or held, for people who ask afterwards.

use crate::alert::SayReason;
use crate::model::Language;

/// Why a word was said or held, as a phrase.
#[must_use]
pub const fn say_reason_name(reason: SayReason, language: Language) -> &'static str {
    let (zh, en) = both(reason);
    match language {
        Language::ZhCn => zh,
        Language::En => en,
    }
}

const fn both(reason: SayReason) -> (&'static str, &'static str) {
    use SayReason as R;
    match reason {
        R::FirstWord => ("首次通知：相关设备已问过", "new, and those who could tell have been asked"),
        R::NewLoss => ("又有村口失守", "more is lost"),
        R::LostAgain => ("恢复后再次失守", "lost again after its end was told"),
        R::JoinedQuietly => ("刚通知过，只更新给系统", "shortly after a page: told to machines only"),
        R::NamedLater => ("补充通知后失守的村口", "names what was lost since the page"),
        R::CauseChanged => ("原因、可能原因或范围有变", "cause, rivals or extent changed"),
        R::MergedIncidents => ("与另一事件同一原因", "the same cause as another incident"),
        R::AllOver => ("全部恢复", "all of it is over"),
        R::PartOver => ("部分恢复", "part of it is over"),
        R::TakenBySomebody => ("有人受理", "somebody took it"),
        R::SilencedBySomebody => ("有人静默", "somebody silenced it"),
        R::AckExpired => ("受理已到期，故障仍在", "the acknowledgement ran out and the fault stands"),
        R::SilenceEnded => ("静默已结束，故障仍在", "the silence ended and the fault stands"),
        R::StillOpen => ("仍未恢复且无人受理", "still open, and nobody has it"),
        R::NotTaken => ("无人及时受理", "nobody took it in time"),
        R::HeldSilenced => ("静默中，不通知人员", "held from people: silenced"),
        R::Digest => ("合并通报", "many small incidents, told together"),
        R::HeldForDigest => ("告警较多，并入下一次合并通报", "held from people for the next digest"),
        R::MaintenanceEnded => ("维护已结束或不足以解释", "maintenance ended, or explains it no more"),
        R::HeldMaintenance => ("维护可以解释，不通知人员", "held from people: maintenance explains it"),
        R::HeldSettling => ("等待相关设备应答", "held until those who were asked have answered"),
        R::HeldBlind => ("监测端失明期间不通知", "held while the monitor is blind"),
        R::HeldFirstRound => ("启动首轮检查期间不通知", "held during a first round"),
        R::HeldUnnamed => ("失守不足一分钟，暂不通知", "held: lost for less than a minute"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_words_of_its_own_in_every_language() {
        for language in Language::ALL {
            let words: BTreeSet<&str> = SayReason::ALL.map(|r| say_reason_name(r, language)).into_iter().collect();
            assert_eq!(words.len(), SayReason::ALL.len(), "{language:?}");
            let chinese = |w: &&str| w.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert_eq!(
                words.iter().filter(|w| chinese(w)).count(),
                if language == Language::ZhCn { words.len() } else { 0 }
            );
        }
    }
}
