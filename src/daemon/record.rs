//! What was measured of a town, out of its store: how long each thing was seen to work, and what failed meanwhile.

use std::collections::BTreeMap;

use cunkou_core::model::{CameraId, NodeId, Span, Time};
use cunkou_core::plan::Record;

use crate::report::{Turn, availability, standing};
use crate::store::{Store, StoreError, Turning};

/// How far back is looked, two years: what a thing did before says little of how it is now \[A\].
const BACK: Span = Span::hours(2 * 365 * 24);

/// Turns by the name of the thing, in the order in which they were concluded.
type Turns = BTreeMap<String, Vec<Turn>>;

/// The record of the two years before `seen`, the last sign of life of the monitor.
///
/// # Errors
/// When the store cannot be read.
pub async fn record(store: &Store, seen: Time) -> Result<Record, StoreError> {
    let from = seen - BACK;
    let cameras = turns(store, Turning::Cameras, (from, seen)).await?;
    let nodes = turns(store, Turning::Nodes, (from, seen)).await?;
    let first = cameras.values().chain(nodes.values()).filter_map(|turns| turns.first());
    let began = first.map(|turn| turn.since.max(from)).min().unwrap_or(seen);
    Ok(Record {
        from: began,
        to: seen,
        cameras: worked(&cameras, (began, seen), |id| CameraId::new(id).ok()),
        nodes: worked(&nodes, (began, seen), |id| NodeId::new(id).ok()),
        tickets: store.tickets(from).await?,
    })
}

async fn turns(store: &Store, of: Turning, period: (Time, Time)) -> Result<Turns, StoreError> {
    let mut turns = Turns::new();
    let keep = |t: crate::store::Turned| {
        let turn = Turn { at: t.at, since: t.since, standing: standing(&t.to, t.reasons) };
        turns.entry(t.id).or_default().push(turn);
    };
    store.turned(of, period, keep).await?;
    Ok(turns)
}

/// For how long each was seen to work.
fn worked<K: Ord>(turns: &Turns, period: (Time, Time), id: impl Fn(&str) -> Option<K>) -> BTreeMap<K, Span> {
    let each = turns.iter().filter_map(|(name, turns)| Some((id(name)?, turns)));
    each.map(|(id, turns)| (id, availability(turns, period, period.1).available)).collect()
}
