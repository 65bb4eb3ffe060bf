//! Registries that nobody writes by chance, and what large ones must not cost.

use super::*;
use crate::model::Language;

const AREAS: (FileKind, &str) = (FileKind::Areas, "id,kind\nT,town\nA,village");
const NO_CAMERAS: (FileKind, &str) = (FileKind::Cameras, "id,name,area");

fn told(files: &[(FileKind, &str)]) -> Vec<String> {
    let (_, faults) = judge(&tables(files));
    let derived = |f: &&Fault| !matches!(f.kind, FaultKind::DerivedEntrances { .. });
    faults.iter().filter(derived).map(Fault::to_string).collect()
}

#[test]
fn ids_equal_but_for_case_are_two_and_are_told() {
    let nodes = (FileKind::Nodes, "id,kind\nSW1,switch\nc1,pole\nsw1,switch");
    let cameras = (FileKind::Cameras, "id,name,area,host,node\nC1,x,A,10.0.0.1,SW1\nC2,x,A,10.0.0.2,sw1");
    let files = [AREAS, nodes, cameras];
    assert_eq!(
        told(&files),
        [
            r#"nodes.csv line 3, id: "c1" and C1 differ in upper and lower case only; they are two ids"#,
            r#"nodes.csv line 4, id: "sw1" and SW1 differ in upper and lower case only; they are two ids"#,
        ]
    );
    let (registry, faults) = judge(&tables(&files));
    assert_eq!((registry.nodes.len(), registry.cameras.len()), (3, 2));
    assert!(faults.iter().all(|f| !f.is_error() && f.words(Language::ZhCn).contains("大小写") || f.row.is_none()));
}

#[test]
fn ids_in_another_width_or_normal_form_are_none() {
    let cameras = "id,name,area,host,node\nＣ１,full width,A,10.0.0.1,N1\ncafe\u{301},NFD,A,10.0.0.2,N1\n\
                   caf\u{e9},NFC,A,10.0.0.3,N1\nC4,list,A,10.0.0.4,Ｎ１";
    let said = told(&[AREAS, (FileKind::Nodes, "id,kind\nN1,switch"), (FileKind::Cameras, cameras)]);
    assert_eq!(
        said,
        [
            r#"cameras.csv, node: 1 cameras name no node ("C4" is the first); when they fail together, no box can be named"#,
            r#"cameras.csv line 2, id: "Ｃ１" is no id: an id is made of A-Z a-z 0-9 . _ -, not 'Ｃ'; did you mean "C1"?"#,
            "cameras.csv line 3, id: \"cafe\\u{301}\" is no id: an id is made of A-Z a-z 0-9 . _ -, not '\\u{301}'",
            r#"cameras.csv line 4, id: "café" is no id: an id is made of A-Z a-z 0-9 . _ -, not 'é'"#,
            "cameras.csv line 5, node: \"Ｎ１\" is no id: an id is made of A-Z a-z 0-9 . _ -, not 'Ｎ'; ids are separated \
             by spaces; did you mean \"N1\"?",
        ]
    );
}

#[test]
fn a_chain_without_end_is_told_once_where_it_grows_too_long() {
    let mut nodes = String::from("id,kind,parents\nN0,uplink,");
    (1..5_000).for_each(|i| nodes.push_str(&format!("\nN{i},switch,N{}", i - 1)));
    let said = told(&[AREAS, NO_CAMERAS, (FileKind::Nodes, &nodes)]);
    let sentence = "more than 256 links lead up from \"N257\"; no network is so deep: is a chain of parents wrong?";
    assert_eq!(said, [format!("nodes.csv line 259, parents: {sentence}")]);
}

#[test]
fn a_web_in_which_every_node_hangs_on_all_before_it_is_told() {
    let ids: Vec<String> = (0..400).map(|i| format!("N{i:03}")).collect();
    let mut nodes = String::from("id,kind,parents");
    ids.iter().enumerate().for_each(|(i, id)| nodes.push_str(&format!("\n{id},group,{}", ids[..i].join(" "))));
    let all = ids.join(" ");
    let cameras = format!("id,name,area,host,node\nC1,x,A,10.0.0.1,N001\nC2,x,A,10.0.0.2,{all}");
    let said = told(&[AREAS, (FileKind::Cameras, &cameras), (FileKind::Nodes, &nodes)]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("nodes.csv line 25, parents: more than 256 links"), "{said:?}");
}

#[test]
fn an_endless_list_of_nodes_of_a_camera_is_told() {
    let mut nodes = String::from("id,kind");
    (0..300).for_each(|i| nodes.push_str(&format!("\nN{i},switch")));
    let all: Vec<String> = (0..300).map(|i| format!("N{i}")).collect();
    let cameras = format!("id,name,area,host,node\nC1,x,A,10.0.0.1,{}", all.join(" "));
    let said = told(&[AREAS, (FileKind::Cameras, &cameras), (FileKind::Nodes, &nodes)]);
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("cameras.csv line 2, node: more than 256 links"), "{said:?}");
}

#[test]
fn what_is_not_built_is_told() {
    let cameras = "id,name,area,host,node,onvif,duty,checks\n\
                   C1,x,A,10.0.0.1,N1,http://{host}/onvif,08:00-18:00,reach device\n\
                   C2,x,A,10.0.0.2,N1,http://{host}/onvif,,device\n\
                   C3,x,A,10.0.0.3,N1,http://{host}/onvif,08:00-18:00,";
    let files = [AREAS, (FileKind::Nodes, "id,kind\nN1,switch"), (FileKind::Cameras, cameras)];
    assert_eq!(
        told(&files),
        [
            r#"cameras.csv, checks: 2 cameras name the check device ("C1" is the first); this version does not ask it"#,
            "cameras.csv line 3, checks: \"C2\" is in use, but this version asks none of the checks that it names: it is \
             never asked",
        ]
    );
    assert!(judge(&tables(&files)).1.iter().all(|f| !f.is_error()));
}

#[test]
fn a_title_above_the_names_is_one_fault() {
    let said = told(&[AREAS, (FileKind::Cameras, "监控台账,,\nid,name,area\nC1,x,A")]);
    let sentence =
        "the first row has no names of columns; they must stand there (id, name, area, …), without a title above";
    assert_eq!(said, [format!("cameras.csv line 1: {sentence}")]);
}

#[test]
fn features_on_one_line_with_one_id_are_told() {
    let rows = ["P1", "P2", "P1"].map(|id| Row {
        line: 1,
        cells: [id, "point"].iter().collect(),
        shape: Some(Box::new(geo::Geometry::Point(geo::Point::new(114.5, 30.9)))),
    });
    let mut files = tables(&[AREAS, NO_CAMERAS]);
    files.files.insert(FileKind::Plan, Table { columns: vec!["id".into(), "layer".into()], rows: rows.into() });
    let (registry, faults) = judge(&files);
    assert_eq!(registry.elements.len(), 2);
    let twice =
        r#"plan.geojson line 1, id: "P1" stands in plan.geojson line 1 already; an id is unique over all kinds"#;
    assert_eq!(errors(faults).iter().map(Fault::to_string).collect::<Vec<_>>(), [twice]);
}

#[test]
fn cells_of_a_row_are_what_they_were() {
    let cells: RowCells = ["", "村", "", "口", "", ""].into_iter().collect();
    assert_eq!(cells.iter().collect::<Vec<_>>(), ["", "村", "", "口"]);
    assert_eq!((cells.get(3), cells.get(4), cells.len(), cells.is_empty()), (Some("口"), None, 4, false));
    assert!(["", ""].into_iter().collect::<RowCells>().is_empty());
}

/// Twenty thousand cameras on one spot and as many on one line: one pole, and one each.
#[test]
fn many_cameras_on_one_spot_or_line_are_sorted_into_poles() {
    let mut cameras = String::from("id,name,area,lon,lat");
    (0..20_000).for_each(|i| cameras.push_str(&format!("\nS{i:05},x,A,114.3,30.8")));
    (0..20_000).for_each(|i| cameras.push_str(&format!("\nL{i:05},x,T,{:.4},30.8", 100.0 + f64::from(i) / 1_000.0)));
    let (registry, _) = judge(&tables(&[AREAS, (FileKind::Cameras, &cameras)]));
    assert_eq!(registry.entrances.len(), 20_001);
    assert_eq!(registry.entrances["E-S00000"].derived_from.len(), 20_000);
}

#[test]
fn guesses_at_dangling_ids_are_bounded() {
    let mut nodes = String::from("id,kind,parents");
    (0..30_000).for_each(|i| nodes.push_str(&format!("\nN{i:06},switch,X{i:06}")));
    let (_, faults) = judge(&tables(&[AREAS, NO_CAMERAS, (FileKind::Nodes, &nodes)]));
    let guessed = |f: &&Fault| matches!(&f.kind, FaultKind::Dangling { did_you_mean: Some(_), .. });
    let n = faults.iter().filter(guessed).count();
    assert!((1..=200).contains(&n) && faults.len() > 9_000, "{n} of {}", faults.len());
}

#[test]
fn one_position_for_everything_is_told_where_it_is_too_much() {
    let town = |cameras: usize, entrances: usize| {
        let mut rows = String::from("id,name,area,host,lon,lat");
        (0..cameras).for_each(|i| rows.push_str(&format!("\nC{i},x,A,10.0.{}.{},114.3,30.8", i / 250, i % 250 + 1)));
        let mut gates = String::from("id,area,name,lon,lat");
        (0..entrances).for_each(|i| gates.push_str(&format!("\nE{i},A,x,114.3,30.8")));
        let files = [AREAS, (FileKind::Cameras, rows.as_str()), (FileKind::Entrances, gates.as_str())];
        errors(judge(&tables(&files)).1).iter().map(Fault::to_string).collect::<Vec<_>>()
    };
    assert_eq!(town(778, 1_700), Vec::<String>::new());
    let said = town(5_000, 5_000);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("cameras.csv line 2, lon: 5000 entrances stand within some 200 m of \"C0\""),
        "{said:?}"
    );
}
