//! What goes to a sink in one try: the unsent steps of an incident, folded into the latest.

use std::collections::BTreeMap;
use std::sync::Arc;

use cunkou_core::alert::{Alert, AlertKey, Message, MessageKind};
use cunkou_core::model::IncidentId;

use super::outbox::{OutboxItem, RowKey};

/// A message to a sink, and the rows that are done with it.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// The rows, in the order of their steps; the last is the one that is told.
    pub(super) rows: Vec<RowKey>,
    /// The latest step, with the kind and the alerts of all of them.
    pub(super) message: Message,
    /// Tries that failed.
    pub(super) attempts: u32,
}

impl Letter {
    /// What a sink knows a try by, whatever happens to it: `incident/sink/step`.
    pub(super) fn key(&self, sink: &str) -> String {
        format!("{}/{sink}/{}", self.message.incident.id, self.message.step)
    }
}

/// One letter an incident, in the order in which their first rows were committed.
pub(super) fn fold(items: Vec<OutboxItem>) -> Vec<Letter> {
    let mut order: Vec<IncidentId> = Vec::new();
    let mut of: BTreeMap<IncidentId, Vec<OutboxItem>> = BTreeMap::new();
    for item in items {
        let incident = item.message.incident.id;
        let rows = of.entry(incident).or_insert_with(|| {
            order.push(incident);
            Vec::new()
        });
        rows.push(item);
    }
    order.into_iter().filter_map(|incident| one(of.remove(&incident)?)).collect()
}

fn one(mut items: Vec<OutboxItem>) -> Option<Letter> {
    items.sort_by_key(|item| item.message.step);
    let rows = items.iter().map(OutboxItem::key).collect();
    let attempts = items.iter().map(|i| i.attempts).max()?;
    let kind = items.iter().map(|i| i.message.kind).reduce(fold_kind)?;
    let last = items.pop()?.message;
    let mut message = Message::clone(&last);
    message.kind = kind;
    message.alerts = fold_alerts(&last, items.iter().map(|i| &*i.message));
    Some(Letter { rows, message, attempts })
}

/// What two unsent steps are together: an end is an end; otherwise what pages is not lost behind what does not.
fn fold_kind(earlier: MessageKind, later: MessageKind) -> MessageKind {
    use MessageKind as K;
    match (earlier, later) {
        (_, K::Resolved | K::Merged) => later,
        (K::Opened, _) => K::Opened,
        (_, K::Reopened) | (K::Reopened, _) => K::Reopened,
        (_, K::MoreLost) | (K::MoreLost, _) => K::MoreLost,
        (_, later) => later,
    }
}

/// The alerts of the latest step, and those that ended in an earlier one: an end is never lost. What fired then and is
/// not named now has moved to another incident, which tells of it.
fn fold_alerts<'a>(last: &Message, earlier: impl Iterator<Item = &'a Message>) -> Vec<Arc<Alert>> {
    let mut ended: BTreeMap<&AlertKey, &Arc<Alert>> = BTreeMap::new();
    for alert in earlier.flat_map(|m| &m.alerts) {
        match alert.ended {
            Some(_) => ended.insert(&alert.key, alert),
            None => ended.remove(&alert.key),
        };
    }
    for alert in &last.alerts {
        ended.remove(&alert.key);
    }
    last.alerts.iter().chain(ended.into_values()).cloned().collect()
}
