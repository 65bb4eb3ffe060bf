//! What goes to a sink and what comes back, for who tries a sink: without secrets.

use std::sync::{Arc, Mutex};

/// One request and its answer, as they may be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exchange {
    /// How the request begins: method, address without secrets, type; of a mail, from whom and to whom.
    pub head: String,
    /// What was sent.
    pub body: String,
    /// What came back, or why nothing did.
    pub answer: String,
}

/// Listens to the exchanges of one sink.
#[derive(Debug, Clone, Default)]
pub(super) struct Tap(Arc<Mutex<Vec<Exchange>>>);

impl Tap {
    /// Something goes out.
    pub(super) fn sent(&self, head: &str, body: &str) {
        let exchange = Exchange { head: head.to_owned(), body: body.to_owned(), answer: String::new() };
        self.with(|all| all.push(exchange));
    }

    /// Its answer came, or did not.
    pub(super) fn answered(&self, answer: &str) {
        self.with(|all| {
            if let Some(last) = all.last_mut() {
                answer.trim().clone_into(&mut last.answer);
            }
        });
    }

    /// All of them so far.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        let mut seen = Vec::new();
        self.with(|all| seen.clone_from(all));
        seen
    }

    fn with(&self, change: impl FnOnce(&mut Vec<Exchange>)) {
        // Poisoned only if a thread panicked while it pushed; then there is nothing to be shown.
        if let Ok(mut all) = self.0.lock() {
            change(&mut all);
        }
    }
}
