//! Seals as they stand: whether each area is shut off, and by how many failures.
//!
//! Repeats what the snapshot says; only the thickness is reckoned here, on zones, when somebody asks. A town without
//! roads has neither family.

use cunkou_core::coverage::{Bound, Sealed};
use cunkou_core::world::Snapshot;

use super::text::{Kind, Text};

pub(super) fn write(text: &mut Text<'_>, snapshot: &Snapshot) {
    let Some(seals) = &snapshot.seals else { return };
    let families = || seals.cordon.zones.families.iter().enumerate().zip(&seals.states.areas);
    text.family("cunkou_sealed", Kind::Gauge, "1 sealed, 0 leaking, by the mapped roads; absent when unknown.");
    for ((i, family), verdicts) in families() {
        for (key, verdict) in seals.cordon.areas(i).iter().zip(verdicts) {
            let labels = [("scope", family.scope.word()), ("area", &*key.id)];
            match verdict {
                Sealed::Sealed => text.flag(&labels, true),
                Sealed::Leaking => text.flag(&labels, false),
                Sealed::Unknown => {}
            }
        }
    }
    let help = "Failures of cameras that open a way in, 0 when it leaks; a camera at two gates of a way counts twice, so that fewer may do; absent when unknown.";
    text.family("cunkou_seal_thickness", Kind::Gauge, help);
    for ((i, family), verdicts) in families() {
        let thickness = seals.cordon.zones.thickness(i, &seals.guards, Bound::Worst);
        for ((key, verdict), failures) in seals.cordon.areas(i).iter().zip(verdicts).zip(thickness) {
            if let Some(failures) = failures.filter(|_| *verdict != Sealed::Unknown) {
                text.sample(&[("scope", family.scope.word()), ("area", &*key.id)], f64::from(failures));
            }
        }
    }
}
