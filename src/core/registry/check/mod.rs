//! What is wrong with a registry as a whole: references that lead nowhere, circles, and what looks odd.

mod graph;
mod odd;
mod outside;
mod supposed;

use super::fault::{Fault, FaultKind, Faults};
use super::guess::Guesses;
use super::read::read_into;
use super::tables::{Lines, ObjectKind, Tables};
use super::{Registry, derive};

pub use supposed::{judge_added, judge_moved};

/// Reads, checks and completes: the registry with its derived entrances, and every fault. It may be put in force if
/// none of them is an error.
///
/// What depends on sight is not asked here: the room of coverage finds entrances that nobody watches and conflicts
/// between declaration and view, and tells them by [`Lines::unwatched`] and [`Lines::watch_conflict`].
#[must_use]
pub fn judge(tables: &Tables) -> (Registry, Vec<Fault>) {
    let mut faults = Faults::default();
    let lines = Lines::of(tables);
    let mut registry = read_into(tables, &lines, &mut faults);
    let mut checking =
        Checking { registry: &registry, lines: &lines, faults: &mut faults, guesses: Guesses::default() };
    checking.references();
    checking.cycles();
    checking.depth();
    checking.odd();
    if !tables.files.contains_key(&super::FileKind::Entrances) {
        registry.entrances = derive::entrances(&registry);
        let count = registry.entrances.len();
        if count > 0 {
            faults.push(Fault::of_file(super::FileKind::Entrances.word(), FaultKind::DerivedEntrances { count }));
        }
    }
    (registry, faults.finish())
}

struct Checking<'a> {
    registry: &'a Registry,
    lines: &'a Lines<'a>,
    faults: &'a mut Faults,
    guesses: Guesses,
}

impl Checking<'_> {
    fn fault(&mut self, of: ObjectKind, id: &str, column: &str, value: &str, kind: FaultKind) {
        self.faults.push(self.lines.fault(of, id, column, value, kind));
    }

    /// Every id that is named somewhere must exist and be of the right kind.
    fn references(&mut self) {
        use ObjectKind::{Area, Camera, Element, Entrance, Node, Place, Work};
        let r = self.registry;
        for a in r.areas.values() {
            self.refer(Area, a.id.as_str(), "parent", a.parent.iter(), &[Area]);
        }
        for n in r.nodes.values() {
            self.refer(Node, n.id.as_str(), "parents", &n.parents.of, &[Node]);
            self.refer(Node, n.id.as_str(), "power", &n.power.of, &[Node]);
        }
        for e in r.entrances.values() {
            self.refer(Entrance, e.id.as_str(), "area", [&e.area], &[Area]);
            self.refer(Entrance, e.id.as_str(), "roles", &e.roles, &[Area, Element]);
            self.refer(Entrance, e.id.as_str(), "derived_from", &e.derived_from, &[Camera]);
        }
        for c in r.cameras.values() {
            self.refer(Camera, c.id.as_str(), "area", [&c.area], &[Area]);
            self.refer(Camera, c.id.as_str(), "element", c.element.iter(), &[Element]);
            self.refer(Camera, c.id.as_str(), "node", &c.node, &[Node]);
            self.refer(Camera, c.id.as_str(), "power", &c.power, &[Node]);
            self.refer(Camera, c.id.as_str(), "watches", c.watches.iter().map(|w| &w.id), &[Entrance, Element]);
        }
        for e in r.elements.values() {
            self.refer(Element, e.id.as_str(), "parent", e.parent.iter(), &[Area, Element]);
            self.refer(Element, e.id.as_str(), "entrances", &e.entrances, &[Entrance]);
        }
        for p in r.places.values() {
            self.refer(Place, p.id.as_str(), "area", p.area.iter(), &[Area]);
        }
        for w in r.work.values() {
            self.refer(Work, w.id.as_str(), "object", [&w.object], &[Camera, Node, Area]);
        }
    }

    fn refer<T: AsRef<str>>(
        &mut self,
        of: ObjectKind,
        from: &str,
        column: &str,
        to: impl IntoIterator<Item = T>,
        expected: &'static [ObjectKind],
    ) {
        for to in to {
            let to = to.as_ref();
            let found = self.lines.kind_of(to);
            if found.is_some_and(|kind| expected.contains(&kind)) {
                continue;
            }
            let did_you_mean = match found {
                None => self.guesses.nearest(to, self.lines, expected),
                Some(_) => None,
            };
            self.fault(of, from, column, to, FaultKind::Dangling { expected, found, did_you_mean });
        }
    }
}
