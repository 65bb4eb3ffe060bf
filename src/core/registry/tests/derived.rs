//! Entrances that are derived where the town lists none.

use super::*;

fn derived(cameras: &str) -> Vec<(String, String)> {
    let areas = "id,kind,parent\nV1,village,\nH1,hamlet,V1\nV2,village,";
    let text = format!("id,area,lon,lat,status,name\n{cameras}");
    let (registry, faults) = judge(&tables(&[(FileKind::Areas, areas), (FileKind::Cameras, &text)]));
    assert_eq!(errors(faults), []);
    let line = |e: &Entrance| e.derived_from.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    registry.entrances.values().map(|e| (e.id.to_string(), line(e))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn one_entrance_a_pole() {
    // A ten-thousandth of a degree is 11 m of latitude, 9.5 m of longitude.
    let cameras = "C1,V1,114.5000,30.9000,active,a\n\
                   C2,H1,114.5000,30.9002,active,b\n\
                   C3,V1,114.5000,30.9004,planned,chained by C2\n\
                   C4,V2,114.5000,30.9000,active,another village\n\
                   C5,V1,114.5000,30.9008,active,44 m on\n\
                   C6,V1,,,active,nowhere\n\
                   C7,V1,114.5000,30.9000,retired,gone";
    assert_eq!(derived(cameras), pairs(&[("E-C1", "C1 C2 C3"), ("E-C4", "C4"), ("E-C5", "C5"), ("E-C6", "C6")]));
}

#[test]
fn ids_never_collide_and_never_grow_too_long() {
    let long = "x".repeat(64);
    let cameras = format!("{long},V1,114.5,30.9,active,a\nC1,V1,114.6,30.9,active,a\nE-C1,V1,114.7,30.9,active,a");
    let found = derived(&cameras);
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|(id, _)| id.len() <= 64 && id != "E-C1"), "{found:?}");
    assert_eq!(found, derived(&cameras), "the same every time");
}

#[test]
fn a_derived_entrance_is_named_after_its_camera_and_says_so() {
    let areas = "id,kind\nV1,village";
    let cameras = "id,area,name\nC1,V1,东头";
    let files = tables(&[(FileKind::Areas, areas), (FileKind::Cameras, cameras)]);
    let (registry, faults) = judge(&files);
    let entrance = registry.entrances.values().next().unwrap();
    assert_eq!((&*entrance.name, entrance.source.as_deref()), ("东头", Some(DERIVED)));
    assert_eq!((entrance.required, entrance.target), (1, 1));
    let told: Vec<String> = faults.iter().map(ToString::to_string).filter(|s| s.contains("derived")).collect();
    assert_eq!(
        told,
        ["entrances.csv: there is no entrances.csv: 1 entrances were derived, one for each pole with cameras"]
    );
    assert!(!tables_of(&registry).files.contains_key(&FileKind::Entrances), "they are derived again");

    let mut none = files.clone();
    none.files.insert(FileKind::Entrances, empty_table(FileKind::Entrances));
    let (registry, _) = judge(&none);
    assert!(registry.entrances.is_empty(), "a town that lists none has none");
    assert!(tables_of(&registry).files.contains_key(&FileKind::Entrances), "and says so when it is written");
}
