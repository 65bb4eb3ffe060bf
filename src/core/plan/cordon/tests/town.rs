//! A small town from a seed: four by four crossroads, the middle four inside a ring and in two blocks.

use super::super::super::repair::tests::Dice;
use super::way::Family;
use super::*;
use crate::registry::{Camera, Life};

/// Metres between crossroads.
pub(super) const STEP: f64 = 400.0;
/// A road that is drawn short ends so far before the crossroads, metres.
const SHORT: f64 = 3.0;

/// A street between two places, as it is known to be; not as it is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Street {
    pub(super) a: usize,
    pub(super) b: usize,
    /// The entrance on it.
    pub(super) entrance: Option<String>,
    /// Nobody knows whether one can pass.
    pub(super) gap: bool,
    pub(super) metres: f64,
    /// Roads meet on one level only.
    pub(super) level: i8,
    /// The share of it that lies before its entrance.
    pub(super) at: f64,
}

/// The town: what is known of it, and how it is written down.
pub(super) struct Made {
    /// Metres east and north.
    pub(super) places: Vec<(f64, f64)>,
    pub(super) streets: Vec<Street>,
    /// Places on the way of roads that count: of which family, and what they are labelled.
    pub(super) marked: Vec<(usize, Family, u8)>,
    pub(super) roads: Vec<RoadLine>,
    pub(super) registry: Registry,
    /// By camera, in the order of ids.
    pub(super) standing: Vec<Standing>,
}

struct Builder<'d> {
    dice: &'d mut Dice,
    made: Made,
    lines: Vec<(i8, Vec<usize>)>,
    /// Crossroads before which a road ends short, with the place where it does.
    short: Vec<Option<usize>>,
    entrances: Vec<(String, f64, f64)>,
}

impl Made {
    pub(super) fn new(dice: &mut Dice) -> Made {
        let places = (0..16).map(|i| ((i % 4) as f64 * STEP, (i / 4) as f64 * STEP)).collect();
        let made = Made {
            places,
            streets: Vec::new(),
            marked: Vec::new(),
            roads: Vec::new(),
            registry: Registry::default(),
            standing: Vec::new(),
        };
        let mut builder = Builder { dice, made, lines: Vec::new(), short: vec![None; 16], entrances: Vec::new() };
        for i in 0..16 {
            if i % 4 < 3 && builder.dice.below(10) < 8 {
                builder.street(i, i + 1);
            }
            if i / 4 < 3 && builder.dice.below(10) < 8 {
                builder.street(i, i + 4);
            }
        }
        builder.diagonals();
        builder.close_gaps();
        builder.draw();
        builder.register();
        builder.made
    }

    pub(super) fn scene(&self) -> Scene {
        Scene::new(self.roads.clone(), self.registry.clone(), 0.0)
    }

    pub(super) fn standing(&self, camera: CameraIx) -> Standing {
        self.standing[camera.at()]
    }

    /// The place on a street behind a share of it.
    pub(super) fn on(&self, street: &Street, share: f64) -> (f64, f64) {
        let (a, b) = (self.places[street.a], self.places[street.b]);
        (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share)
    }
}

impl Builder<'_> {
    fn street(&mut self, a: usize, mut b: usize) {
        let mut metres = STEP;
        if self.short[b].is_none() && self.dice.below(10) == 0 {
            let (to, from) = (self.made.places[b], self.made.places[a]);
            let share = SHORT / STEP;
            self.made.places.push((to.0 + (from.0 - to.0) * share, to.1 + (from.1 - to.1) * share));
            self.short[b] = Some(self.made.places.len() - 1);
            (b, metres) = (self.made.places.len() - 1, STEP - SHORT);
        }
        self.lines.push((0, vec![a, b]));
        self.add((a, b), metres, 0, 0.5);
    }

    fn add(&mut self, (a, b): (usize, usize), metres: f64, level: i8, share: f64) {
        let mut street = Street { a, b, entrance: None, gap: false, metres, level, at: share };
        if self.dice.below(10) < 6 {
            let id = format!("E{:02}", self.entrances.len());
            let (east, north) = self.made.on(&street, share);
            self.entrances.push((id.clone(), east, north));
            street.entrance = Some(id);
        }
        self.made.streets.push(street);
    }

    /// Two streets across the middle: of one level they cross without a junction, of two the one is a bridge.
    fn diagonals(&mut self) {
        let levels = [self.dice.below(2) as i8, self.dice.below(2) as i8];
        let wanted = [self.dice.below(2) == 0, self.dice.below(2) == 0];
        let cross = wanted == [true, true] && levels[0] == levels[1];
        let half = STEP * std::f64::consts::FRAC_1_SQRT_2;
        let mut middles = Vec::new();
        for (i, (a, b)) in [(5, 10), (6, 9)].into_iter().enumerate().filter(|(i, _)| wanted[*i]) {
            self.lines.push((levels[i], vec![a, b]));
            if cross {
                self.made.places.push((1.5 * STEP, 1.5 * STEP));
                let middle = self.made.places.len() - 1;
                middles.push(middle);
                self.add((a, middle), half, levels[i], 0.5);
                let level = levels[i];
                self.made.streets.push(Street { a: middle, b, metres: half, level, ..Street::default() });
            } else {
                self.add((a, b), 2.0 * half, levels[i], 0.25);
            }
        }
        if let [a, b] = middles[..] {
            self.made.streets.push(Street { a, b, gap: true, ..Street::default() });
        }
    }

    /// A short end is a suspect gap where another road comes to the crossroads.
    fn close_gaps(&mut self) {
        for (at, short) in self.short.iter().enumerate() {
            let Some(short) = *short else { continue };
            if self.made.streets.iter().any(|s| !s.gap && (s.a == at || s.b == at)) {
                self.made.streets.push(Street { a: short, b: at, gap: true, metres: SHORT, ..Street::default() });
            }
        }
    }

    /// Some streets are one line with the next, some run backwards, some have a point on the way.
    fn draw(&mut self) {
        let mut lines: Vec<(i8, Vec<usize>)> = Vec::new();
        for (level, line) in std::mem::take(&mut self.lines) {
            let before = lines.iter_mut().find(|(l, before)| *l == level && before.last() == line.first());
            match before.filter(|_| self.dice.below(4) == 0) {
                Some((_, before)) => before.push(line[1]),
                None => lines.push((level, line)),
            }
        }
        for (i, (level, line)) in lines.into_iter().enumerate() {
            let mut points: Vec<(f64, f64)> = line.iter().map(|p| self.made.places[*p]).collect();
            if self.dice.below(3) == 0 {
                let (a, b) = (points[0], points[1]);
                points.insert(1, (a.0 + (b.0 - a.0) * 0.3, a.1 + (b.1 - a.1) * 0.3));
            }
            if self.dice.below(2) == 0 {
                points.reverse();
            }
            let line = road(&format!("R{i:02}"), &points);
            let at = self.dice.below(self.made.roads.len() + 1);
            self.made.roads.insert(at, RoadLine { level, ..line });
        }
    }

    fn register(&mut self) {
        let hamlets = vec![
            hamlet("H1", (STEP, STEP), None),
            hamlet("H2", (2.0 * STEP, STEP), Some(block((1.75 * STEP, 0.75 * STEP), (2.25 * STEP, 1.25 * STEP)))),
        ];
        let mut watches: Vec<(String, Vec<String>)> = Vec::new();
        for (id, ..) in &self.entrances {
            for _ in 0..[0, 0, 1, 1, 1, 2][self.dice.below(6)] {
                if !watches.is_empty() && self.dice.below(6) == 0 {
                    let known = self.dice.below(watches.len());
                    watches[known].1.push(id.clone());
                } else {
                    watches.push((format!("C{:02}", watches.len()), vec![id.clone()]));
                }
            }
        }
        let entrances: Vec<(&str, f64, f64)> = self.entrances.iter().map(|(id, x, y)| (id.as_str(), *x, *y)).collect();
        let ring = block((0.5 * STEP, 0.5 * STEP), (2.5 * STEP, 2.5 * STEP));
        let mut made = registry(Some(ring), hamlets, &entrances, &[]);
        for (id, watches) in &watches {
            let status = if self.dice.below(10) == 0 { Life::Planned } else { Life::Active };
            let camera = Camera { at: None, status, ..declared(id, &watches.join(" ")) };
            made.cameras.insert(camera.id.clone(), camera);
            let drawn = self.dice.below(20);
            self.made.standing.push(match drawn {
                0..=4 => Standing::Dead,
                5..=7 => Standing::Unknown,
                _ => Standing::Live,
            });
        }
        let halves = [("B1", 0.5, 1.5), ("B2", 1.5, 2.5)];
        for (id, west, east) in halves {
            let shape = block((west * STEP, 0.5 * STEP), (east * STEP, 2.5 * STEP));
            let half = element(id, Layer::Block, shape, &[]);
            made.elements.insert(half.id.clone(), half);
        }
        self.made.registry = made;
    }
}
