//! Ids of made-up things. They are made of a letter and a number and so always ids; should that ever not hold, it is
//! said, not hidden.

use super::TownFault;
use crate::model::{AreaId, CameraId, ElementId, EntranceId, IdFault, NodeId, PlaceId};

macro_rules! make {
    ($($name:ident -> $id:ident),* $(,)?) => {$(
        pub(super) fn $name(text: &str) -> Result<$id, TownFault> {
            $id::new(text).map_err(|fault| not_an_id(text, fault))
        }
    )*};
}

make! {
    area_id -> AreaId,
    camera_id -> CameraId,
    element_id -> ElementId,
    entrance_id -> EntranceId,
    node_id -> NodeId,
    place_id -> PlaceId,
}

fn not_an_id(text: &str, fault: IdFault) -> TownFault {
    TownFault::Id { text: text.to_owned(), fault }
}
