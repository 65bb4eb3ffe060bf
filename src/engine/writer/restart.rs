//! The way over a stepped clock and a long pause: like a restart, without a process that ends (semantics.md §5).

use std::sync::atomic::{AtomicI64, Ordering};

use cunkou_core::model::{Span, Time};
use cunkou_core::world::World;

use super::{Engine, FIGURES};
use crate::engine::schedule::Schedule;

/// A longer gap between two turns of the loop (suspend, SIGSTOP, a disk that hangs) is handled like a restart.
const SUSPENDED: Span = Span::seconds(30);

impl Engine {
    /// Whether the clock was stepped since the last turn, or that turn is too long ago.
    pub(super) fn must_begin_anew(&mut self) -> bool {
        if self.clock.now().since(self.turned_at) > SUSPENDED {
            self.away_since.get_or_insert(self.turned_at);
        }
        self.away_since.is_some() || self.clock.stepped() != Span::ZERO
    }

    /// Like a start, with what is believed now as what was kept; the hole in history begins with the last turn.
    pub(super) fn begin_anew(&mut self) {
        let last_turn = self.away_since.take().unwrap_or(self.turned_at);
        let (pause, step) = (self.clock.now().since(last_turn), self.clock.stepped());
        tracing::warn!(
            %step, %pause,
            "the clock was stepped, or this process did not run: a first round comes before any word"
        );
        let saved = self.world.saved(last_turn);
        let registry = self.world.snapshot().registry;
        self.anchor(step);
        let now = self.clock.now();
        // What was heard before is of another time; what is under way will be.
        self.folded.clear();
        self.dispatch.begin_anew();
        self.evidence.shift(step);
        let (world, effects) = World::start(self.settings.policy.clone(), registry, saved, now);
        self.world = world;
        self.turned_at = now;
        self.tick_at = now;
        self.figures_at = now + FIGURES;
        self.publish_at = Some(now);
        self.schedule = Schedule::default();
        self.lay_plan(now);
        self.keep(effects);
        self.lay_out_maintenance(now);
        self.look_for_roads();
    }

    /// Anchors the clock anew. The signs of life move with it, so that whoever reads them in between sees them as at
    /// most too fresh.
    fn anchor(&self, step: Span) {
        let signs = [&self.alive.turned, &self.alive.stored, &self.alive.reloaded];
        let shift = || signs.iter().for_each(|sign| move_sign(sign, step));
        if step > Span::ZERO {
            shift();
        }
        self.pulse.anchor();
        if step < Span::ZERO {
            shift();
        }
    }
}

/// Moves a sign of life that was given, by the step of the clock.
fn move_sign(sign: &AtomicI64, step: Span) {
    let moved = |ms: i64| (ms != 0).then(|| (Time(ms) + step).millis());
    // Never: stays.
    let _ = sign.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
}
