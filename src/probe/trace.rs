//! What a probe writes down while it runs: the phase it is in, how long each took, and, for people, every step.

use cunkou_core::model::{FailKind, Phase, PhaseTimes, ProbeResult, Span};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::Answer;

/// The longest note, in characters; one line.
const NOTE: usize = 200;
/// Lines of what was said and heard that are shown of one step.
const LINES: usize = 40;
/// How often one probe may show the password: once, and once more where only the nonce had ended or the line broke.
/// Many cameras lock the account after a few tries.
const PASSWORD_TRIES: u8 = 2;
/// Secrets shorter than this are not looked for in what a device says: they would be found everywhere.
const SHORTEST_HIDDEN: usize = 4;

/// One step, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The phase.
    pub phase: Phase,
    /// What was done.
    pub what: String,
    /// Milliseconds since the probe began.
    pub at: Span,
    /// What was sent or heard, line by line, without secrets and control characters.
    pub lines: Vec<String>,
}

/// The end of a probe other than a pass.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) result: ProbeResult,
    pub(super) note: String,
}

impl Stop {
    pub(super) fn fail(kind: FailKind, note: impl Into<String>) -> Stop {
        Stop { result: ProbeResult::Fail(kind), note: note.into() }
    }

    pub(super) fn new(result: ProbeResult, note: impl Into<String>) -> Stop {
        Stop { result, note: note.into() }
    }
}

/// The notebook of one probe.
#[derive(Debug)]
pub(super) struct Trace {
    began: Instant,
    phase: Phase,
    phase_began: Option<Instant>,
    times: PhaseTimes,
    pub(super) rtt: Option<Span>,
    passwords_shown: u8,
    /// What must not be written down even if the device repeats it.
    hidden: Vec<SecretString>,
    note: Option<Box<str>>,
    steps: Option<Vec<Step>>,
}

impl Trace {
    pub(super) fn quiet() -> Trace {
        Trace {
            began: Instant::now(),
            phase: Phase::Resolve,
            phase_began: None,
            times: PhaseTimes::default(),
            rtt: None,
            passwords_shown: 0,
            hidden: Vec::new(),
            note: None,
            steps: None,
        }
    }

    pub(super) fn aloud() -> Trace {
        Trace { steps: Some(Vec::new()), ..Trace::quiet() }
    }

    /// Enters a phase; the one before ends.
    pub(super) fn enter(&mut self, phase: Phase) {
        self.end_phase();
        self.phase = phase;
        self.phase_began = Some(Instant::now());
    }

    /// The phase that was entered last.
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn end_phase(&mut self) {
        if let Some(began) = self.phase_began.take() {
            let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.times.add(self.phase, micros);
        }
    }

    /// Writes a step down, if somebody wants to read it.
    pub(super) fn step(&mut self, what: impl FnOnce() -> String, text: impl FnOnce() -> String) {
        let (phase, at) = (self.phase, Span::from(self.began.elapsed()));
        if let Some(steps) = &mut self.steps {
            let lines = without(&self.hidden, text()).lines().take(LINES).map(|l| clean(l, NOTE)).collect();
            steps.push(Step { phase, what: clean(&without(&self.hidden, what()), NOTE), at, lines });
        }
    }

    /// Counts a showing of the password; `false`: it was shown often enough.
    pub(super) fn may_show_password(&mut self) -> bool {
        let may = self.passwords_shown < PASSWORD_TRIES;
        self.passwords_shown += u8::from(may);
        may
    }

    /// From now on this is not written down, whoever says it.
    pub(super) fn hide(&mut self, secret: &str) {
        if secret.chars().count() >= SHORTEST_HIDDEN {
            self.hidden.push(SecretString::from(secret));
        }
    }

    pub(super) fn note(&mut self, note: String) {
        let note = clean(&without(&self.hidden, note), NOTE);
        self.step(|| note.clone(), String::new);
        self.note = (!note.is_empty()).then(|| note.into());
    }

    pub(super) fn into_answer(mut self, result: ProbeResult) -> Answer {
        self.end_phase();
        Answer {
            result,
            phase: self.phase,
            times: self.times,
            rtt: self.rtt,
            credential_tried: self.passwords_shown > 0,
            note: self.note,
            steps: self.steps.unwrap_or_default(),
        }
    }
}

fn without(hidden: &[SecretString], text: String) -> String {
    hidden.iter().fold(text, |text, secret| text.replace(secret.expose_secret(), "(not shown)"))
}

/// One line without control or direction characters, cut to a length; what a camera says may be shown on a terminal.
pub(super) fn clean(text: &str, most: usize) -> String {
    let plain = |c: char| {
        let hostile = c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
            || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
        if hostile { '·' } else { c }
    };
    text.trim().chars().take(most).map(plain).collect()
}
