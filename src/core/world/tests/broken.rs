//! Rules that are broken on purpose, one at a time: the simulation must notice each. The test prints how many towns that
//! took, and by which word of the oracle. A town that fails with all rules whole notices nothing.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::harness::Careless;
use super::kept::{Kept, Sabotage};
use super::life::crowd::{DAYS, live_seed};
use super::life::run::{live_with, policy};
use super::life::script::script;
use super::life::town::town;
use crate::model::Span;
use crate::model::planted::{Bug, plant};
use crate::world::Policy;

/// Towns that are tried for each.
const MOST: u64 = 60;

/// Where the rule stands that is broken.
#[derive(Clone, Copy)]
enum Where {
    Core(Bug),
    /// A number of the rules that is of no use.
    Number(&'static str, fn(&mut Policy)),
    Store(Sabotage),
    Engine(Careless),
}

use Where::{Core, Engine, Number, Store};

const BROKEN: &[Where] = &[
    Core(Bug::AnsweredIsFailure),
    Core(Bug::AnswersLeaveViaStanding),
    Core(Bug::NobodyIsAcquitted),
    Core(Bug::NodesOfTurnsCount),
    Core(Bug::SuspectsAreDead),
    Core(Bug::OneTooManyIsNeeded),
    Core(Bug::PlannedOnesWatch),
    Core(Bug::NightIsDay),
    Core(Bug::DuskIsForgotten),
    Core(Bug::TonightIsAlways),
    Core(Bug::CanariesAreIgnored),
    Core(Bug::BlindForEver),
    Core(Bug::AlertsNeverEnd),
    Core(Bug::DuskClosesAlerts),
    Core(Bug::LaterLossesAreSwallowed),
    Core(Bug::UpdatesArePages),
    Core(Bug::TakenOnesPage),
    Core(Bug::NumbersAreUsedAgain),
    Core(Bug::StepsHaveHoles),
    Core(Bug::MergedOnesKeepTheirAlerts),
    Core(Bug::ResolvedTooEarly),
    Core(Bug::RemovedOnesStay),
    Core(Bug::RoundsNeverEnd),
    Core(Bug::GatheredOnesAreForgotten),
    Number("one failure makes down", |p| p.health.fail_after = 1),
    Number("evidence is too old at once", |p| p.health.stale_intervals = 1),
    Number("never blind without canaries", |p| p.health.blind_share = 2.0),
    Number("flapping has no end", |p| p.health.flap_off = Span::hours(90)),
    Number("failures are explained one by one", |p| p.health.window = Span(-9_900)),
    Number("no word waits for those who were asked", |p| {
        p.alert.settle = Span::ZERO;
        p.health.settle = Span::ZERO;
    }),
    Number("what joins is never named", |p| {
        p.alert.regroup = Span::hours(9);
        p.alert.unnamed_after = Span::hours(9);
    }),
    Store(Sabotage::ForgetsIncidents),
    Store(Sabotage::ForgetsAlerts),
    Store(Sabotage::ForgetsHealth),
    Store(Sabotage::ForgetsTheOutbox),
    Store(Sabotage::KeepsEndedAlerts),
    Store(Sabotage::CountsFromOneAgain),
    Store(Sabotage::LosesFirstSteps),
    Engine(Careless::TellsBeforeCommit),
    Engine(Careless::NeverWakes),
    Engine(Careless::AsksNobody),
];

/// What more than a dozen towns are needed for, or the days about people at the end of each life: with `CUNKOU_LONG=1`.
const SELDOM: &[Where] = &[
    Core(Bug::MaintenanceIsIgnored),
    Core(Bug::MaintenanceNeverEnds),
    Core(Bug::SilencedOnesPage),
    Core(Bug::SilencesEndUnheard),
    Core(Bug::SilencedOnesEndUnheard),
    Core(Bug::AcknowledgementsEndUnheard),
    Core(Bug::TakenOnesGoOn),
    Core(Bug::NobodyEscalates),
    Core(Bug::NobodyReminds),
    Core(Bug::DigestsForget),
    Core(Bug::DigestsRepeat),
    Store(Sabotage::ForgetsWhatIsCollected),
    Engine(Careless::StartsWithoutMaintenance),
    Core(Bug::WordsWhileBlind),
    Core(Bug::NothingIsAwaited),
    Core(Bug::StreamsDoNotCount),
    Engine(Careless::DropsFailedCommits),
    Number("twelve failures make down", |p| p.health.fail_after = 12),
];

impl Where {
    fn name(self) -> String {
        match self {
            Core(bug) => format!("{bug:?}"),
            Number(name, _) => name.to_owned(),
            Store(sabotage) => format!("store: {sabotage:?}"),
            Engine(careless) => format!("engine: {careless:?}"),
        }
    }

    /// How many towns it takes until it is noticed, and by what.
    fn is_noticed(self) -> Option<(u64, String)> {
        for seed in 0..MOST {
            let mut policy = policy(seed);
            let mut store = Kept::default();
            let mut engine = None;
            match self {
                Core(bug) => plant(Some(bug)),
                Number(_, spoil) => spoil(&mut policy),
                Store(sabotage) => store.sabotage = Some(sabotage),
                Engine(careless) => engine = Some(careless),
            }
            let scenes = script(seed, &town(seed).registry, DAYS);
            let live = || live_with(seed, &scenes, DAYS, policy, Box::new(store), engine);
            let life = std::panic::catch_unwind(std::panic::AssertUnwindSafe(live));
            plant(None);
            let why = match life {
                Ok(Ok(_)) => continue,
                Ok(Err(failure)) => failure.why.lines().next().unwrap_or_default().to_owned(),
                Err(_) => "it panics".to_owned(),
            };
            if live_seed(seed).is_ok() {
                return Some((seed + 1, why));
            }
        }
        None
    }
}

#[test]
fn each_broken_rule_is_noticed() {
    let seldom = if super::lives::number("CUNKOU_LONG") == Some(1) { SELDOM } else { &[] };
    let broken: Vec<Where> = BROKEN.iter().chain(seldom).copied().collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(broken) = broken.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let noticed = broken.is_noticed();
                    found.lock().unwrap().push((broken.name(), noticed));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort();
    for (name, noticed) in &found {
        match noticed {
            Some((towns, why)) => println!("{towns:>4} {name}: {why}"),
            None => println!("   - {name}: not noticed"),
        }
    }
    let missed: Vec<&String> = found.iter().filter(|(_, n)| n.is_none()).map(|(name, _)| name).collect();
    assert!(missed.is_empty(), "{} of {} broken rules go unnoticed: {missed:?}", missed.len(), found.len());
}
