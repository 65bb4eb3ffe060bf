//! Names of the registry, as they may stand in a text that people read.

use super::Tongue;
use crate::health::{Cause, CommonScope};
use crate::model::{AreaId, CameraId, EntranceId, NodeId};
use crate::registry::Registry;

/// The longest name that is said, in characters.
const MAX_NAME: usize = 60;

/// A name without what could break or turn a line: control characters, line and paragraph separators, bidirectional
/// marks and invisible ones; at most 60 characters.
#[must_use]
pub fn clean(text: &str) -> String {
    let kept = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_hidden(*c));
    let kept: String = kept.collect::<String>().trim().to_owned();
    match kept.char_indices().nth(MAX_NAME) {
        Some((cut, _)) => format!("{}…", &kept[..cut]),
        None => kept,
    }
}

/// Control characters, and the format characters of Unicode (category Cf) that turn, join or hide text.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// An entrance or camera with its village in front, unless its name begins with it anyway.
pub(super) fn in_village(village: &str, name: &str) -> String {
    if village.is_empty() || name.starts_with(village) { name.to_owned() } else { format!("{village} {name}") }
}

/// Looks names up; what has left the registry is called by its id.
pub(super) struct Names<'a> {
    pub(super) registry: &'a Registry,
    pub(super) tongue: &'static dyn Tongue,
}

impl Names<'_> {
    pub(super) fn area(&self, id: &AreaId) -> String {
        self.registry.areas.get(id).map_or_else(|| id.to_string(), |a| or_id(&a.name, id.as_str()))
    }

    pub(super) fn entrance(&self, id: &EntranceId) -> String {
        let Some(entrance) = self.registry.entrances.get(id) else { return id.to_string() };
        let village = self.registry.village_of(&entrance.area).map(|a| clean(&a.name)).unwrap_or_default();
        in_village(&village, &or_id(&entrance.name, id.as_str()))
    }

    pub(super) fn camera(&self, id: &CameraId) -> String {
        let name = self.registry.cameras.get(id).map(|c| clean(&c.name)).unwrap_or_default();
        self.tongue.named("", id.as_str(), &name)
    }

    /// A node with its kind; `fallback` is its name where it has left the registry.
    pub(super) fn node(&self, id: &NodeId, fallback: &str) -> String {
        let node = self.registry.nodes.get(id);
        let name = clean(node.map_or(fallback, |n| &n.name));
        self.tongue.named(self.tongue.node(node.map(|n| n.kind)), id.as_str(), &name)
    }

    pub(super) fn cause(&self, cause: &Cause, fallback: &str) -> String {
        let t = self.tongue;
        match cause {
            Cause::Camera(id) => {
                let name = self.registry.cameras.get(id).map_or(fallback, |c| &c.name);
                t.named(t.camera(), id.as_str(), &clean(name))
            }
            Cause::Node(id) => self.node(id, fallback),
            Cause::Partial(id) => t.partial(&self.node(id, fallback)),
            Cause::Common(CommonScope::Village(id)) => t.common_village(&self.area(id)),
            Cause::Common(CommonScope::Subnet(_)) => t.common_subnet(&cause.object()),
            Cause::Common(CommonScope::Town) => t.common_town(),
            Cause::Monitor(why) => t.monitor(*why).to_owned(),
        }
    }
}

/// A name, or the id where it has none.
pub(super) fn or_id(name: &str, id: &str) -> String {
    let name = clean(name);
    if name.is_empty() { id.to_owned() } else { name }
}
