//! Ids as the registry writes them, and the dense indices by which the core finds things.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The longest id, in bytes.
const MAX_ID: usize = 64;

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdFault {
    /// Nothing stands there.
    #[error("an id is missing")]
    Empty,
    /// More than 64 characters.
    #[error("an id has at most 64 characters")]
    TooLong,
    /// A character outside `A-Z a-z 0-9 . _ -`.
    #[error("an id is made of A-Z a-z 0-9 . _ -, not {0:?}")]
    Character(char),
}

/// Whether a text is an id: 1 to 64 of `A-Z a-z 0-9 . _ -` (names.md, registry files).
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_id(text: &str) -> Result<(), IdFault> {
    if text.is_empty() {
        return Err(IdFault::Empty);
    }
    if let Some(c) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))) {
        return Err(IdFault::Character(c));
    }
    if text.len() > MAX_ID { Err(IdFault::TooLong) } else { Ok(()) }
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id a text names.
            ///
            /// # Errors
            /// The first thing that is wrong with the text.
            pub fn new(text: &str) -> Result<Self, IdFault> {
                check_id(text).map(|()| Self(Arc::from(text)))
            }

            /// The id as the registry writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

id! {
    /// An area: town, community, village, hamlet or block.
    AreaId,
    /// What cameras hang on: uplink, switch, ONU, NVR, power feed, pole, group.
    NodeId,
    /// Where a road enters a hamlet, village, block or the town.
    EntranceId,
    /// A camera.
    CameraId,
    /// An element of the plan: a circle, block, line or point.
    ElementId,
    /// A station, liaison point or team.
    PlaceId,
    /// Where a camera could stand.
    SiteId,
    /// A row of work that is announced.
    WorkId,
}

/// The number of an incident; they count up from 1 and are never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct IncidentId(pub u64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The index, to look something up in a table with one row a thing.
            #[must_use]
            pub const fn at(self) -> usize {
                self.0 as usize
            }
        }
        impl From<usize> for $name {
            /// Tables of this program have fewer than 2^32 rows; a larger index saturates.
            fn from(i: usize) -> Self {
                Self(u32::try_from(i).unwrap_or(u32::MAX))
            }
        }
    )*};
}

index! {
    /// The slot of a camera. Slots are handed out in the order of ids and never reused within a life of the daemon,
    /// so that an answer which arrives after a reload still finds its camera or finds that it is gone.
    CameraIx,
    /// The slot of a node; never reused, like that of a camera.
    NodeIx,
    /// The slot of an entrance; never reused, like that of a camera.
    EntranceIx,
    /// The place of a canary in the settings.
    CanaryIx,
}

/// What a probe asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// A camera of the registry.
    Camera(CameraIx),
    /// A node with an address.
    Node(NodeIx),
    /// A reference address near the monitor.
    Canary(CanaryIx),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_names_md_says() {
        for good in ["a", "C-001.x_Y", &"x".repeat(64)] {
            assert_eq!(check_id(good), Ok(()), "{good}");
        }
        assert_eq!(check_id(""), Err(IdFault::Empty));
        assert_eq!(check_id(&"x".repeat(65)), Err(IdFault::TooLong));
        for (bad, c) in [("a b", ' '), ("村口", '村'), ("a/b", '/'), ("Ａ", 'Ａ'), ("a\u{202e}b", '\u{202e}')] {
            assert_eq!(check_id(bad), Err(IdFault::Character(c)), "{bad}");
        }
    }

    #[test]
    fn ids_are_compared_by_bytes() {
        let mut ids: Vec<CameraId> = ["b", "B", "a1", "a10", "a2"].iter().map(|t| CameraId::new(t).unwrap()).collect();
        ids.sort();
        assert_eq!(format!("{ids:?}"), "[B, a1, a10, a2, b]");
    }
}
