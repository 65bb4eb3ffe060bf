//! Rules that the tests break on purpose, to see that the simulation notices. Outside of the tests of this crate
//! `planted!` is the constant `false`: nothing of it is in what is shipped.

/// Whether a rule is broken on purpose just now.
#[cfg(not(test))]
macro_rules! planted {
    ($bug:ident) => {
        false
    };
}

/// Whether a rule is broken on purpose just now.
#[cfg(test)]
macro_rules! planted {
    ($bug:ident) => {
        $crate::model::planted::is($crate::model::planted::Bug::$bug)
    };
}

pub(crate) use planted;

#[cfg(test)]
pub(crate) use seam::{Bug, is, plant};

#[cfg(test)]
mod seam {
    use std::cell::Cell;

    /// What is broken.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) enum Bug {
        AnsweredIsFailure,
        StreamsDoNotCount,
        AnswersLeaveViaStanding,
        NobodyIsAcquitted,
        NodesOfTurnsCount,
        SuspectsAreDead,
        OneTooManyIsNeeded,
        PlannedOnesWatch,
        NightIsDay,
        DuskIsForgotten,
        TonightIsAlways,
        BlindnessVoidsNothing,
        ContradictionsStand,
        CanariesAreIgnored,
        BlindForEver,
        WordsWhileBlind,
        AlertsNeverEnd,
        DuskClosesAlerts,
        LaterLossesAreSwallowed,
        UpdatesArePages,
        TakenOnesPage,
        NumbersAreUsedAgain,
        StepsHaveHoles,
        MergedOnesKeepTheirAlerts,
        ResolvedTooEarly,
        NothingIsAwaited,
        RemovedOnesStay,
        RoundsNeverEnd,
        EachRiseIsAPage,
        PartsAreNotGathered,
        GatheredOnesAreForgotten,
        RoundsEndWithTheFirstAnswer,
        MaintenanceIsIgnored,
        MaintenanceNeverEnds,
        SilencedOnesPage,
        SilencesEndUnheard,
        SilencedOnesEndUnheard,
        AcknowledgementsEndUnheard,
        TakenOnesGoOn,
        NobodyEscalates,
        NobodyReminds,
        DigestsForget,
        DigestsRepeat,
    }

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Whether this is the bug that is planted in this thread.
    pub(crate) fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Plants a bug in this thread, or takes it away.
    pub(crate) fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }
}
