//! Scenes of one plain fault: one page, which names it.

use super::super::harness::NOON;
use super::oracle::{TOLD_WITHIN, Verdict};
use super::run::Life;
use cunkou_core::alert::{Message, MessageKind};
use cunkou_core::model::{Severity, Span, Time};

/// A scene of one plain fault, while it goes on.
pub(super) struct Plain {
    pub(super) names: String,
    pub(super) pages: u64,
    pub(super) causes: Vec<String>,
    /// It, or a rival that explains the same, stands in the first page.
    pub(super) named: bool,
    pub(super) lost: bool,
    pub(super) held: bool,
    pub(super) over: Time,
    pub(super) light: bool,
}

impl Life<'_> {
    pub(super) fn begin_scene(&mut self, act: usize) {
        let mut first = 0;
        for (n, scene) in self.scenes.iter().enumerate() {
            if first == act && n >= self.next_scene {
                (self.next_scene, self.about) = (n + 1, scene.about);
                let over = scene.acts.iter().map(|a| a.at + a.lasts).max().unwrap_or(Span::ZERO);
                self.plain = scene.plain.clone().map(|names| Plain {
                    names,
                    pages: 0,
                    causes: Vec::new(),
                    named: false,
                    lost: false,
                    held: scene.acts.iter().all(|a| a.lasts > TOLD_WITHIN + Span::seconds(5)),
                    over: NOON + over + Span::minutes(12),
                    light: false,
                });
            }
            first += scene.acts.len();
        }
    }

    pub(super) fn count_plain(&mut self, message: &Message) {
        let Some(plain) = &mut self.plain else { return };
        // Reminders and escalations are held against their times by the oracle.
        let again = matches!(message.kind, MessageKind::Reminded | MessageKind::Escalated);
        let again = again || message.why.is_for_machines();
        if !message.kind.pages() || again || message.incident.severity < Severity::Warning {
            return;
        }
        plain.pages += 1;
        plain.causes.push(message.incident.cause.to_string());
        let all = message.incident.rivals.iter().chain([&message.incident.cause]);
        plain.named |= all.map(ToString::to_string).any(|c| c == plain.names);
    }

    /// One plain fault is one page that names it; none where nothing is lost and nothing is worth a word to people.
    pub(super) fn end_of_plain(&mut self, now: Time) -> Verdict {
        let lost = self
            .oracle
            .truth
            .entrances
            .values()
            .any(|g| g.lost && !g.planned && g.lost_since.is_some_and(|t| now.since(t) > TOLD_WITHIN));
        let Some(plain) = &mut self.plain else { return Ok(()) };
        plain.lost |= lost;
        if now < plain.over {
            return Ok(());
        }
        let Some(plain) = self.plain.take() else { return Ok(()) };
        let figures = &mut self.oracle.figures;
        if plain.light {
            return Ok(());
        }
        if plain.pages > 1 {
            return Err(format!("one fault, {}, is {} pages: {:?}", plain.names, plain.pages, plain.causes));
        }
        if plain.lost && plain.held {
            figures.plain_losses += 1;
            figures.plain_pages += plain.pages;
            figures.plain_named += u64::from(plain.named);
            if plain.names.starts_with("node:") {
                figures.node_losses += 1;
                figures.node_named += u64::from(plain.named);
            }
        }
        if plain.lost && plain.held && plain.pages == 0 {
            return Err(format!("one fault, {}, and no page", plain.names));
        }
        Ok(())
    }
}
