//! What of an incident people were told by name, and what is therefore no news: entrances that are lost, and seals that
//! are broken.

use super::{AlertKey, AlertName, AlertObject, Incident, News};
use crate::model::{AreaId, EntranceId};

/// Whether people are told of such an alert by name, each of its own: what a page did not name is still to be said.
pub(super) const fn is_told_by_name(key: &AlertKey) -> bool {
    matches!(
        (key.name, &key.object),
        (AlertName::EntranceLost, AlertObject::Entrance(_)) | (AlertName::SealBroken, AlertObject::Area(_))
    )
}

/// A page has named these entrances, or need not.
pub(super) fn name(incident: &mut Incident, entrances: &[EntranceId]) {
    join(&mut incident.paged_entrances, entrances);
}

/// A page has named these seals, or need not.
pub(super) fn name_seals(incident: &mut Incident, seals: &[AreaId]) {
    join(&mut incident.news.seals, seals);
}

/// A page has named what these alerts are about, or need not.
pub(super) fn name_alerts<'k>(incident: &mut Incident, keys: impl Iterator<Item = &'k AlertKey>) {
    let (mut entrances, mut seals) = (Vec::new(), Vec::new());
    for key in keys.filter(|key| is_told_by_name(key)) {
        entrances.extend(key.object.entrance().cloned());
        seals.extend(key.object.area().cloned());
    }
    name(incident, &entrances);
    name_seals(incident, &seals);
}

/// What is said of this from now on is news.
pub(super) fn unname(incident: &mut Incident, key: &AlertKey) {
    incident.paged_entrances.retain(|e| key.object.entrance() != Some(e));
    incident.news.seals.retain(|a| key.object.area() != Some(a));
}

fn join<T: Clone + Ord>(known: &mut Vec<T>, more: &[T]) {
    known.extend(more.iter().cloned());
    known.sort_unstable();
    known.dedup();
}

impl News {
    /// The end of an alert that people were told by name is told.
    pub(super) fn note_over(&mut self, key: &AlertKey) {
        join(&mut self.told_over, key.object.entrance().map(std::slice::from_ref).unwrap_or_default());
        join(&mut self.seals_over, key.object.area().map(std::slice::from_ref).unwrap_or_default());
    }

    /// Whether the end of such an alert was told since the last page.
    pub(super) fn is_over(&self, key: &AlertKey) -> bool {
        key.object.entrance().is_some_and(|e| self.told_over.binary_search(e).is_ok())
            || key.object.area().is_some_and(|a| self.seals_over.binary_search(a).is_ok())
    }
}

impl Incident {
    /// Whether a page has named this entrance or seal, or need not.
    pub(super) fn has_named(&self, key: &AlertKey) -> bool {
        key.object.entrance().is_some_and(|e| self.paged_entrances.binary_search(e).is_ok())
            || key.object.area().is_some_and(|a| self.news.seals.binary_search(a).is_ok())
    }
}
