//! Which entrances and seals would change if something were so.

mod seals;

use cunkou_core::model::Period;
use cunkou_core::plan::{self, Component, Cordon};
use cunkou_core::registry::{Fault, FaultKind};
use cunkou_core::world::{Snapshot, Terms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::component::{Named, entrance_ids, named};
use super::suppose::{NoQuestion, WhatIfBody};
use super::{EntranceCounts, lon_lat, seal, stamp, village, words};
use crate::files::RoadsSeen;

pub use seals::{WhatIfSeal, WhatIfSealTotals, WhatIfSeals};

/// What would be. Nothing of it is kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WhatIf {
    /// The entrances whose state would be another: worse ones first, then by id.
    pub items: Vec<WhatIfEntrance>,
    /// When entrances are judged.
    #[schema(schema_with = words::period)]
    pub period: String,
    /// All entrances by state.
    pub totals: WhatIfTotals,
    /// The nodes that are supposed to be down.
    pub nodes: Vec<WhatIfNode>,
    /// Live cameras that lose their way with all of these down.
    pub cameras_cut: usize,
    /// Cameras that are live again because a node is supposed to be up.
    pub cameras_back: usize,
    /// How areas would be sealed.
    pub seals: WhatIfSeals,
    /// Ids of entrances that an added or moved camera may watch, and none surely does: a survey would tell.
    pub may_watch: Vec<String>,
    /// What is odd about the question, one line each.
    pub warnings: Vec<String>,
    /// When all the rest was so, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// All entrances by state, as they are and as they would be.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WhatIfTotals {
    /// As they are.
    pub before: EntranceCounts,
    /// As they would be.
    pub after: EntranceCounts,
}

/// An entrance whose state would be another.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WhatIfEntrance {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of its home.
    pub area: String,
    /// Id of its village or community.
    pub village: Option<String>,
    /// Whether that is for the better; `other`: it is not watched, for another reason than before.
    #[schema(schema_with = words::turn)]
    pub change: String,
    /// Its state as it is.
    #[schema(schema_with = words::entrance_state)]
    pub before: String,
    /// As it would be.
    #[schema(schema_with = words::entrance_state)]
    pub after: String,
    /// Why it would be unwatched or planned.
    #[schema(schema_with = words::gap_reason)]
    pub reason: Option<String>,
    /// Ids of what makes it so, out of the question.
    pub changed_by: Vec<String>,
    /// Live cameras it needs.
    pub required: u32,
    /// Live cameras that would watch it.
    pub live: u32,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

/// A node that is supposed to be down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WhatIfNode {
    /// Its id.
    pub id: String,
    /// What it is.
    #[schema(schema_with = words::node_kind)]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Live cameras that would lose their way if it alone were down.
    pub cameras: u32,
}

impl WhatIf {
    /// What would be. `cordon` is that of the registry in force, `seen` the file that its roads are from.
    ///
    /// # Errors
    /// When the question is none, with everything that is wrong with it.
    pub fn of(
        snapshot: &Snapshot,
        (cordon, seen): (&Cordon, &RoadsSeen),
        terms: &Terms,
        period: Period,
        body: &WhatIfBody,
    ) -> Result<WhatIf, NoQuestion> {
        let (suppose, mut warnings) = body.suppose(snapshot)?;
        let answer = snapshot.what_if(period, terms, &suppose, Some(cordon));
        let mut totals = WhatIfTotals::default();
        for (_, before, after) in &answer.states {
            totals.before.add(*before);
            totals.after.add(*after);
        }
        warnings.extend(answer.conflicts.iter().map(conflict));
        let names = Names(seal::Names { snapshot, cordon, added: &suppose.added });
        let node = |(ix, cameras): &(_, u32)| {
            let Named { kind, id, name, .. } = named(snapshot, Component::Node(*ix))?;
            Some(WhatIfNode { id, kind, name, cameras: *cameras })
        };
        let mut items: Vec<(plan::Turn, WhatIfEntrance)> =
            answer.turned.iter().filter_map(|t| Some((t.turn, names.entrance(t)?))).collect();
        // Slots are in the order of ids only until the first reload.
        items.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        Ok(WhatIf {
            items: items.into_iter().map(|(_, item)| item).collect(),
            period: period.word().to_owned(),
            totals,
            nodes: answer.nodes.iter().filter_map(node).collect(),
            cameras_cut: answer.cut.len(),
            cameras_back: answer.back.len(),
            seals: names.seals(&answer.seals, seen, &terms.ways.modes),
            may_watch: entrance_ids(snapshot, &answer.may_watch),
            warnings,
            as_of: stamp(snapshot.at),
        })
    }
}

/// The warning that the register has for it.
fn conflict(conflict: &cunkou_core::coverage::Conflict) -> String {
    let entrance = conflict.entrance.as_str();
    let kind = FaultKind::WatchConflict { entrance: entrance.into() };
    let (file, column) = (format!("add {}", conflict.camera).into(), Some("watches".into()));
    Fault { file, row: None, column, value: entrance.into(), kind }.to_string()
}

/// The ids of what is there and of what is supposed.
struct Names<'a>(seal::Names<'a>);

impl Names<'_> {
    fn entrance(&self, turned: &plan::Turned) -> Option<WhatIfEntrance> {
        let snapshot = self.0.snapshot;
        let registry = &snapshot.registry;
        let slot = snapshot.topology.entrances.get(turned.entrance.at())?;
        let entrance = registry.entrances.get(&slot.id)?;
        let (lon, lat) = lon_lat(entrance.at);
        Some(WhatIfEntrance {
            id: entrance.id.to_string(),
            name: entrance.name.to_string(),
            area: entrance.area.to_string(),
            village: village(registry, &entrance.area).0,
            change: turned.turn.word().to_owned(),
            before: turned.before.word().to_owned(),
            after: turned.after.state.word().to_owned(),
            reason: turned.after.gap.map(|g| g.word().to_owned()),
            changed_by: self.ids(&turned.changed_by),
            required: entrance.required,
            live: turned.after.live,
            lon,
            lat,
        })
    }

    /// The ids of what is at work, in their order.
    fn ids(&self, of: &[Component]) -> Vec<String> {
        let id = |component: &Component| match *component {
            Component::Node(n) => self.0.snapshot.topology.nodes.get(n.at()).map(|slot| slot.id.to_string()),
            Component::Camera(c) => self.0.camera(c),
        };
        let mut ids: Vec<String> = of.iter().filter_map(id).collect();
        ids.sort_unstable();
        ids
    }
}
