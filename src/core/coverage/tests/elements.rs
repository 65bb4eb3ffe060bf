//! Which entrances belong to an element.

use geo::{LineString, Polygon};

use super::{Layer, LonLat, element, entrance, place, point, town};
use crate::coverage::element_entrances;
use crate::model::ElementId;
use crate::registry::{Element, Entrance, Registry};

fn of(registry: &Registry, id: &str) -> Vec<String> {
    element_entrances(registry, &registry.elements[id]).iter().map(ToString::to_string).collect()
}

fn ring(places: &[LonLat]) -> LineString<f64> {
    LineString::from(places.iter().map(|p| (p.lon, p.lat)).collect::<Vec<_>>())
}

fn square(half_m: f64) -> Polygon<f64> {
    let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    Polygon::new(ring(&corners.map(|(x, y)| place(x * half_m, y * half_m))), Vec::new())
}

#[test]
fn a_list_comes_before_roles_and_roles_before_the_boundary() {
    let named = |role: &str, e: Entrance| Entrance { roles: vec![ElementId::new(role).unwrap()], ..e };
    let entrances = vec![
        entrance("E1", place(0.0, 1_000.0)),
        named("B2", entrance("E2", place(9_000.0, 0.0))),
        entrance("E3", place(1_000.0, 30.0)),
    ];
    let elements = vec![
        element("B1", Layer::Block, square(1_000.0), &["E3", "E2", "E9", "E3"]),
        element("B2", Layer::Block, square(1_000.0), &[]),
        element("B3", Layer::Block, square(1_000.0), &[]),
    ];
    let (registry, _) = town(Vec::new(), entrances, elements);
    assert_eq!(of(&registry, "B1"), ["E2", "E3"], "in the order of ids, each once, the unknown left out");
    assert_eq!(of(&registry, "B2"), ["E2"]);
    assert_eq!(of(&registry, "B3"), ["E1", "E3"]);
}

#[test]
fn the_boundary_is_sixty_metres_wide_on_both_sides() {
    let at = [940.5, 939.0, 1_059.5, 1_061.0, 0.0];
    let entrances = at.iter().zip(1..).map(|(x, i)| entrance(&format!("E{i}"), place(*x, 0.0))).collect();
    let elements = vec![element("B", Layer::Circle, square(1_000.0), &[])];
    let (registry, _) = town(Vec::new(), entrances, elements);
    assert_eq!(of(&registry, "B"), ["E1", "E3"]);
}

#[test]
fn points_and_lines_have_boundaries_too() {
    let at = [(0.0, 0.0), (100.0, 0.0), (0.0, -165.0), (500.0, 59.0), (500.0, 61.0), (1_061.0, 0.0)];
    let entrances = at.iter().zip(1..).map(|((x, y), i)| entrance(&format!("E{i}"), place(*x, *y))).collect();
    let circle = Element { radius_m: Some(110.0), ..element("P1", Layer::Point, point(place(0.0, 0.0)), &[]) };
    let elements = vec![
        circle,
        element("P2", Layer::Point, point(place(0.0, 0.0)), &[]),
        element("L", Layer::Line, ring(&[place(400.0, 0.0), place(1_000.0, 0.0)]), &[]),
        element("none", Layer::Line, LineString::<f64>::new(Vec::new()), &[]),
    ];
    let (registry, _) = town(Vec::new(), entrances, elements);
    assert_eq!(of(&registry, "P1"), ["E2", "E3"], "the middle of a wide circle is not its boundary");
    assert_eq!(of(&registry, "P2"), ["E1"], "without a radius the point itself");
    assert_eq!(of(&registry, "L"), ["E4"]);
    assert!(of(&registry, "none").is_empty());
}

#[test]
fn an_entrance_without_a_place_lies_on_no_boundary() {
    let nowhere = Entrance { at: None, ..entrance("E1", place(0.0, 0.0)) };
    let elements = vec![element("P", Layer::Point, point(place(0.0, 0.0)), &[])];
    let (registry, _) = town(Vec::new(), vec![nowhere], elements);
    assert!(of(&registry, "P").is_empty());
}
