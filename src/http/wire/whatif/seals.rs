//! How areas would be sealed.

use cunkou_core::coverage::Scope;
use cunkou_core::model::CameraIx;
use cunkou_core::plan::{self, Mode, SealTurned};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::super::seal::{self, Seal, SealRoads, SealTotals};
use super::super::{FeatureCollection, Page, geojson, words};
use super::{Names, WhatIf};
use crate::files::RoadsSeen;

/// How areas would be sealed, with the cameras as they stand now: as far as the mapped roads go.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WhatIfSeals {
    /// The areas of which anything would be otherwise: worse ones first, then by scope, then by id.
    pub items: Vec<WhatIfSeal>,
    /// All areas by verdict, a scope each; a scope without any is left out.
    pub totals: Vec<WhatIfSealTotals>,
    /// The roads that this rests on.
    pub roads: SealRoads,
    /// What this rests on that nobody has measured.
    #[schema(schema_with = words::seal_assumptions)]
    pub assumptions: Vec<String>,
}

/// The areas of a scope by verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WhatIfSealTotals {
    /// From where they are to be shut off.
    #[schema(schema_with = words::scope)]
    pub scope: String,
    /// As they are.
    pub before: SealTotals,
    /// As they would be.
    pub after: SealTotals,
}

/// An area that would be sealed otherwise.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WhatIfSeal {
    /// Whether that is for the better: by verdict; of one verdict by thickness and width. `other`: these speak for and
    /// against it, or it is the way in alone that changes.
    #[schema(schema_with = words::turn)]
    pub change: String,
    /// The seal as it is.
    pub before: Seal,
    /// As it would be.
    pub after: Seal,
    /// Ids of the cameras that stand in the way in that there would be, and would not any more: down, cut off or moved
    /// by the question.
    pub fallen: Vec<String>,
    /// Ids of what of the question is at work on both ways in.
    pub changed_by: Vec<String>,
}

impl Names<'_> {
    pub(super) fn seals(&self, seals: &plan::SealChanges, seen: &RoadsSeen, modes: &[Mode]) -> WhatIfSeals {
        WhatIfSeals {
            items: seals.turned.iter().map(|turned| self.turned(turned)).collect(),
            totals: Scope::ALL.into_iter().filter_map(|scope| totals(scope, seals)).collect(),
            roads: SealRoads::of(&self.0.cordon.roads, seen, modes),
            assumptions: seal::assumptions(self.0.snapshot, self.0.cordon, modes),
        }
    }

    fn turned(&self, turned: &SealTurned) -> WhatIfSeal {
        let mut fallen: Vec<String> = turned.fallen.iter().filter_map(|c: &CameraIx| self.0.camera(*c)).collect();
        fallen.sort_unstable();
        WhatIfSeal {
            change: turned.turn.word().to_owned(),
            before: self.0.seal(&turned.before),
            after: self.0.seal(&turned.after),
            fallen,
            changed_by: self.ids(&turned.changed_by),
        }
    }
}

fn totals(scope: Scope, seals: &plan::SealChanges) -> Option<WhatIfSealTotals> {
    let (mut before, mut after) = (SealTotals::default(), SealTotals::default());
    let mut of_scope = seals.verdicts.iter().filter(|(of, ..)| *of == scope).peekable();
    of_scope.peek()?;
    for (_, was, is) in of_scope {
        before.add(*was);
        after.add(*is);
    }
    Some(WhatIfSealTotals { scope: scope.word().to_owned(), before, after })
}

impl WhatIf {
    /// As a FeatureCollection: the entrances that change as points; of each seal that changes the ways in and the sites
    /// that would close them, with `when` before and after.
    ///
    /// # Errors
    /// When an entrance cannot be written as JSON, which none is.
    pub fn features(&self) -> Result<FeatureCollection, serde_json::Error> {
        let mut all = geojson(&Page { items: self.items.clone(), next: None })?;
        for item in &self.seals.items {
            for (when, seal) in [("before", &item.before), ("after", &item.after)] {
                let fallen = if when == "after" { item.fallen.as_slice() } else { &[] };
                let more =
                    json!({ "when": when, "change": item.change, "fallen": fallen, "changed_by": item.changed_by });
                all.features.extend(seal.features(&more));
            }
        }
        Ok(all)
    }
}
