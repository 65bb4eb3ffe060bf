//! The numbers of this room, with their defaults (names.md, settings `[coverage.density]`).

use crate::registry::Density;

/// How finely an entrance must be seen: pixels a metre at the entrance, one figure a class.
///
/// The defaults are the ladder of EN 62676-4:2015; a town that works by another ladder writes its own figures.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Policy {
    /// That somebody is there.
    pub detect: f64,
    /// What they do.
    pub observe: f64,
    /// A demand on the equipment only.
    pub recognise: f64,
    /// The finest class; a demand on the equipment only.
    pub identify: f64,
}

/// Why a ladder of densities cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PolicyFault {
    /// A figure that is no density.
    #[error("the density of {class} is {value}, which is not a number of pixels a metre between 0 and {MAX_PX_PER_M}")]
    NoDensity {
        /// The key of the setting.
        class: &'static str,
        /// What stands there.
        value: f64,
    },
    /// A finer class that asks for less than a coarser one.
    #[error("the density of {finer} is below that of {coarser}")]
    NotAscending {
        /// The key of the coarser class.
        coarser: &'static str,
        /// The key of the finer class.
        finer: &'static str,
    },
}

/// More pixels a metre than this is a mistyped figure: ten a millimetre.
const MAX_PX_PER_M: f64 = 10_000.0;

impl Default for Policy {
    fn default() -> Self {
        Policy { detect: 25.0, observe: 62.5, recognise: 125.0, identify: 250.0 }
    }
}

impl Policy {
    /// Pixels a metre that a class asks for.
    #[must_use]
    pub const fn need(&self, density: Density) -> f64 {
        match density {
            Density::Detect => self.detect,
            Density::Observe => self.observe,
            Density::Recognise => self.recognise,
            Density::Identify => self.identify,
        }
    }

    /// Whether the ladder can be used.
    ///
    /// # Errors
    /// The first figure that is no density (0 < px/m ≤ 10 000), or that is below the one of a coarser class.
    pub fn check(&self) -> Result<(), PolicyFault> {
        let mut coarser: Option<Density> = None;
        for class in Density::ALL.iter().copied() {
            let value = self.need(class);
            if !(value > 0.0 && value <= MAX_PX_PER_M) {
                return Err(PolicyFault::NoDensity { class: class.word(), value });
            }
            if let Some(coarser) = coarser.filter(|c| value < self.need(*c)) {
                return Err(PolicyFault::NotAscending { coarser: coarser.word(), finer: class.word() });
            }
            coarser = Some(class);
        }
        Ok(())
    }

    /// The least density that any class asks for.
    pub(super) fn least(&self) -> f64 {
        Density::ALL.iter().map(|d| self.need(*d)).fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_is_checked() {
        assert_eq!(Policy::default().check(), Ok(()));
        let flat = Policy { detect: 25.0, observe: 25.0, recognise: 25.0, identify: 25.0 };
        assert_eq!(flat.check(), Ok(()), "one demand for all is a ladder too");
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 10_001.0] {
            let fault = Policy { observe: bad, ..Policy::default() }.check().unwrap_err();
            assert!(matches!(fault, PolicyFault::NoDensity { class: "observe", .. }), "{bad}: {fault}");
        }
        let fault = Policy { recognise: 60.0, ..Policy::default() }.check().unwrap_err();
        assert_eq!(fault, PolicyFault::NotAscending { coarser: "observe", finer: "recognise" });
    }
}
