//! A shape for each state of an entrance: who cannot tell the colours apart, or sees a bad copy, reads the shape.

use cunkou_core::coverage::EntranceState;

use super::words::Words;

/// How a state is shown.
pub(super) struct Shape {
    /// SVG in a box of 16 by 16, drawn in `currentColor`.
    pub(super) svg: &'static str,
    /// A colour on which white text can be read (contrast of 4.5 or more).
    pub(super) colour: &'static str,
    /// The class of the style sheets.
    pub(super) class: &'static str,
}

/// The shape of a state; `None` is an entrance that is not judged.
pub(super) const fn of(state: Option<EntranceState>) -> Shape {
    match state {
        Some(EntranceState::Lost) => Shape {
            svg: "<path d=\"M3 3l10 10M13 3L3 13\" stroke=\"currentColor\" stroke-width=\"3.2\" fill=\"none\"/>",
            colour: "#b3261e",
            class: "lost",
        },
        Some(EntranceState::Reduced) => {
            Shape { svg: "<path d=\"M8 1.5l7 12.5H1z\" fill=\"currentColor\"/>", colour: "#8a5a00", class: "reduced" }
        }
        Some(EntranceState::Unknown) => Shape {
            svg: "<path d=\"M4.6 5.6a3.4 3.4 0 1 1 5 3C8.4 9.3 8 9.9 8 11\" stroke=\"currentColor\" \
                  stroke-width=\"2.4\" fill=\"none\"/><circle cx=\"8\" cy=\"14\" r=\"1.5\" fill=\"currentColor\"/>",
            colour: "#5f4b8b",
            class: "unknown",
        },
        Some(EntranceState::Covered) => Shape {
            svg: "<path d=\"M2 8.5l4 4.2 8-9.4\" stroke=\"currentColor\" stroke-width=\"2.8\" fill=\"none\"/>",
            colour: "#1b6e3c",
            class: "covered",
        },
        Some(EntranceState::Unwatched) => Shape {
            svg: "<circle cx=\"8\" cy=\"8\" r=\"6\" stroke=\"currentColor\" stroke-width=\"2.4\" fill=\"none\"/>",
            colour: "#5c6670",
            class: "unwatched",
        },
        Some(EntranceState::Planned) => Shape {
            svg: "<circle cx=\"8\" cy=\"8\" r=\"6\" stroke=\"currentColor\" stroke-width=\"2.4\" fill=\"none\" \
                  stroke-dasharray=\"3.1 1.6\"/>",
            colour: "#2f5f8f",
            class: "planned",
        },
        None => Shape {
            svg: "<path d=\"M2 8h12\" stroke=\"currentColor\" stroke-width=\"2.8\" fill=\"none\"/>",
            colour: "#5c6670",
            class: "unjudged",
        },
    }
}

/// The word of a state.
pub(super) const fn word(state: Option<EntranceState>, words: &Words) -> &'static str {
    match state {
        Some(EntranceState::Lost) => words.lost,
        Some(EntranceState::Reduced) => words.reduced,
        Some(EntranceState::Unknown) => words.unknown,
        Some(EntranceState::Covered) => words.covered,
        Some(EntranceState::Unwatched) => words.unwatched,
        Some(EntranceState::Planned) => words.planned,
        None => words.unjudged,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// WCAG 2: relative luminance of a colour, and its contrast with white.
    fn contrast_with_white(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = 0.212_6 * channel(1) + 0.715_2 * channel(3) + 0.072_2 * channel(5);
        1.05 / (luminance + 0.05)
    }

    #[test]
    fn every_state_has_a_shape_of_its_own_and_a_colour_that_bears_white_text() {
        let states: Vec<_> = EntranceState::ALL.into_iter().map(Some).chain([None]).collect();
        let shapes: BTreeSet<&str> = states.iter().map(|s| of(*s).svg).collect();
        let classes: BTreeSet<&str> = states.iter().map(|s| of(*s).class).collect();
        assert_eq!((shapes.len(), classes.len()), (states.len(), states.len()));
        for state in states {
            assert!(contrast_with_white(of(state).colour) >= 4.5, "{state:?}");
        }
    }
}
