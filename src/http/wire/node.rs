//! A node: what cameras hang on.

use cunkou_core::registry;
use cunkou_core::world::{NodeView, Snapshot};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Cause, lon_lat, stamp_since, words};

/// A node: what the registry says, and what is believed of it. Its address is not shown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// What it is.
    #[schema(schema_with = words::node_kind)]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What is believed of it; `unknown` for a passive node that was never judged.
    #[schema(schema_with = words::state)]
    pub state: String,
    /// Without an address of its own: judged only by what hangs on it.
    pub passive: bool,
    /// Judged from what hangs on it.
    pub inferred: bool,
    /// Since when the state holds.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Why it is down, where that lies above it.
    pub cause: Option<Cause>,
    /// Ids of the nodes it hangs on.
    pub parents: Vec<String>,
    /// Whether it needs all of them or any.
    #[schema(schema_with = words::needs)]
    pub needs: String,
    /// Ids of the feeds it hangs on.
    pub power: Vec<String>,
    /// Whether it needs all of them or any.
    #[schema(schema_with = words::needs)]
    pub power_needs: String,
    /// Installed cameras below it.
    pub cameras: usize,
    /// The last round trip of its own probe, in milliseconds.
    pub rtt_ms: Option<i64>,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

impl Node {
    /// A node of the registry in force.
    #[must_use]
    pub fn of(snapshot: &Snapshot, node: &registry::Node) -> Node {
        let unknown = NodeView::default();
        let slot = snapshot.node(node.id.as_str());
        let view = slot.map_or(&unknown, |(_, view)| view);
        let below = slot.and_then(|(ix, _)| snapshot.topology.nodes.get(ix.at())).map_or(0, |s| s.below.len());
        let ids = |gate: &registry::Gate| gate.of.iter().map(ToString::to_string).collect();
        let (lon, lat) = lon_lat(node.at);
        Node {
            id: node.id.to_string(),
            kind: node.kind.word().to_owned(),
            name: node.name.to_string(),
            state: view.state.word().to_owned(),
            passive: node.address.is_none(),
            inferred: view.inferred,
            since: stamp_since(view.since),
            cause: view.cause.as_ref().map(|c| Cause::of(c, &snapshot.registry)),
            parents: ids(&node.parents),
            needs: node.parents.needs.word().to_owned(),
            power: ids(&node.power),
            power_needs: node.power.needs.word().to_owned(),
            cameras: below,
            rtt_ms: view.rtt.map(|r| r.as_millis()),
            lon,
            lat,
        }
    }
}
