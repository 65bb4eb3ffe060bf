//! Small bad inputs, and exactly what is said about them.

use geo::{Geometry, LineString, Point};

use super::*;
use crate::model::{IdFault, Language};

const AREAS: (FileKind, &str) = (FileKind::Areas, "id,kind\nT,town\nA,village");
const CAMERAS: (FileKind, &str) = (FileKind::Cameras, "id,name,area,host,node\nC1,x,A,10.0.0.1,N1");
const NODES: (FileKind, &str) = (FileKind::Nodes, "id,kind\nN1,switch");

/// Everything that is said, but for the derived entrances that these small towns all have.
fn said(files: &[(FileKind, &str)]) -> Vec<String> {
    let mut all = vec![AREAS, CAMERAS, NODES];
    all.retain(|(file, _)| !files.iter().any(|(f, _)| f == file));
    all.extend_from_slice(files);
    sentences(&tables(&all))
}

fn sentences(tables: &Tables) -> Vec<String> {
    let (_, faults) = judge(tables);
    let told = faults.iter().filter(|f| !matches!(f.kind, FaultKind::DerivedEntrances { .. }));
    told.map(Fault::to_string).collect()
}

#[test]
fn a_sound_registry_has_no_faults() {
    assert_eq!(said(&[]), Vec::<String>::new());
}

#[test]
fn every_bad_cell_is_said() {
    let camera = |column: &str, cell: &str| {
        let text = format!("id,name,area,node,host,{column}\nC1,x,A,N1,10.0.0.1,{cell}");
        let said = said(&[(FileKind::Cameras, &text)]);
        let prefix = "cameras.csv line 2, ";
        said.iter().map(|s| s.strip_prefix(prefix).unwrap_or(s).to_owned()).collect::<Vec<_>>().join(" | ")
    };
    for (column, cell, sentence) in [
        (
            "status",
            "activ",
            r#"status: "activ" is not one of planned, active, maintenance, retired; did you mean "active"?"#,
        ),
        ("night", "红外", r#"night: "红外" is not one of none, ir, white"#),
        ("hfov", "０９０", r#"hfov: "０９０" is no number: it has full-width characters; did you mean "090"?"#),
        ("hfov", "500", r#"hfov: "500" is out of range; from 1 to 360 is possible"#),
        ("width_px", "1.5", r#"width_px: "1.5" is no whole number"#),
        ("azimuth", "361", r#"azimuth: "361" is out of range; from 0 to 360 is possible"#),
        (
            "azimuth",
            "正东",
            "azimuth: \"正东\" is no direction; degrees clockwise from true north (0 to 360) or one of 北 东北 东 东南 南 西南 西 \
             西北 are; did you mean \"东\"?",
        ),
        ("azimuth_error", "5", r#"azimuth_error: "5" means nothing while azimuth is empty; it is not kept"#),
        ("duty", "8-18", r#"duty: "8-18" is no time of duty; write it like 08:00-18:00"#),
        ("installed_on", "2023-02-29", r#"installed_on: "2023-02-29" is no day; write it like 2024-05-31"#),
        ("gb_code", "4.20116E+19", r#"gb_code: "4.20116E+19" is not the 20 digits of GB/T 28181"#),
        ("rtsp", "http://{host}/", r#"rtsp: "http://{host}/" does not begin with rtsp:// or rtsps://"#),
        (
            "rtsp",
            "rtsp://admin:12345@{host}/",
            r#"rtsp: "rtsp://***@{host}/" carries a user name or password; put them into the secrets file and name the entry in the column credential"#,
        ),
        ("snapshot", "http://{ip}/", r#"snapshot: "http://{ip}/" has a placeholder that is not known; only {host} is"#),
        (
            "checks",
            "steam",
            r#"checks: "steam" is no check; reach, stream, picture and device are; did you mean "stream"?"#,
        ),
        ("checks", "stream", r#"checks: "stream" cannot be asked while the column rtsp is empty"#),
        ("checks", "reach=udp", r#"checks: "reach=udp": reach=icmp, reach=tcp or reach=tcp:554 is possible"#),
        ("checks", "reach=tcp:0", r#"checks: "reach=tcp:0": reach=icmp, reach=tcp or reach=tcp:554 is possible"#),
        (
            "checks",
            "reach/5",
            r#"checks: "reach/5": the interval behind / is a whole number and a unit from 1s to 7d, such as 5s or 10m"#,
        ),
        ("checks", "reach reach=icmp", r#"checks: "reach=icmp": the check is named twice"#),
        ("credential", "a b", r#"credential: "***" is no id: an id is made of A-Z a-z 0-9 . _ -, not ' '"#),
        ("watches", "E1", r#"watches: "E1" does not exist; the id of an entrance or a plan element is wanted"#),
        ("watches", "!C1", r#"watches: "C1" is a camera; the id of an entrance or a plan element is wanted"#),
        ("element", "A", r#"element: "A" is an area; the id of a plan element is wanted"#),
        ("power", "N2", r#"power: "N2" does not exist; the id of a node is wanted; did you mean "N1"?"#),
        (
            "power",
            "N1、N1",
            r#"power: "N1、N1" is no id: an id is made of A-Z a-z 0-9 . _ -, not '、'; ids are separated by spaces"#,
        ),
    ] {
        assert_eq!(camera(column, cell), sentence, "{column} {cell}");
    }
}

#[test]
fn positions() {
    let place = |lon: &str, lat: &str| {
        let text = format!("id,name,area,node,host,lon,lat\nC1,x,A,N1,10.0.0.1,{lon},{lat}");
        said(&[(FileKind::Cameras, &text)]).join(" | ")
    };
    assert_eq!(place("114.5", "30.9"), "");
    assert_eq!(
        place("0", "0.0"),
        "cameras.csv line 2, lon: lon and lat are both 0, which is in the sea off Africa; leave both empty"
    );
    assert_eq!(place("30.9", "114.5"), "cameras.csv line 2, lon: \"30.9 114.5\": lon and lat look exchanged");
    assert_eq!(place("30.9", "87.6"), "cameras.csv line 2, lon: \"30.9 87.6\": lon and lat look exchanged");
    assert_eq!(
        place("1145", "30.9"),
        "cameras.csv line 2, lon: \"1145\" is out of range; from -180 to 180 is possible"
    );
    assert_eq!(place("114.5", "-91"), "cameras.csv line 2, lat: \"-91\" is out of range; from -90 to 90 is possible");
    assert_eq!(place("114.5", ""), "cameras.csv line 2, lat: a position needs lon and lat; lat is empty");
    assert_eq!(
        place("E114", "30度"),
        "cameras.csv line 2, lon: \"E114\" is no number; write decimal degrees, such as 114.3056 | \
         cameras.csv line 2, lat: \"30度\" is no number; write decimal degrees, such as 114.3056"
    );
}

#[test]
fn a_datum_moves_positions() {
    let text = "id,name,area,node,host,lon,lat,datum\n\
                C1,x,A,N1,10.0.0.1,112.005722762,29.997423867,gcj02\n\
                C2,x,A,N1,10.0.0.2,112.012286160,30.003176752,bd09\n\
                C3,x,A,N1,10.0.0.3,112,30,cgcs2000\n\
                C4,x,A,N1,10.0.0.4,112,30,bd9";
    let (registry, faults) = judge(&tables(&[AREAS, NODES, (FileKind::Cameras, text)]));
    for camera in registry.cameras.values() {
        let at = camera.at.unwrap();
        assert!((at.lon - 112.0).abs() < 2e-8 && (at.lat - 30.0).abs() < 2e-8, "{at:?}");
    }
    assert_eq!(
        errors(faults)[0].to_string(),
        r#"cameras.csv line 5, datum: "bd9" is not one of wgs84, gcj02, bd09, cgcs2000; did you mean "bd09"?"#
    );
}

#[test]
fn required_cells_and_columns() {
    assert_eq!(
        said(&[(FileKind::Cameras, "id,Name,area\n,x,A\nC2,x,\na b,x,A\n")]),
        [
            r#"cameras.csv line 1, Name: the column is kept, but means nothing here; did you mean "name"?"#,
            r#"cameras.csv line 1, name: the column is missing, and its cells may not be empty; did you mean "Name"?"#,
            "cameras.csv line 2, id: the cell may not be empty",
            "cameras.csv line 3, area: the cell may not be empty",
            r#"cameras.csv line 4, id: "a b" is no id: an id is made of A-Z a-z 0-9 . _ -, not ' '"#,
        ]
    );
    assert_eq!(
        said(&[(FileKind::Nodes, "id,kind\nN1,\nN1,pole")]),
        [
            "nodes.csv line 2, kind: the cell may not be empty",
            r#"nodes.csv line 3, id: "N1" stands in nodes.csv line 2 already; an id is unique over all kinds"#,
        ]
    );
    let (_, faults) = judge(&Tables::default());
    assert_eq!(faults, [Fault::of_file("cameras.csv", FileFault::Missing)]);
    assert_eq!(faults[0].words(Language::ZhCn), "cameras.csv：缺少这个文件；台账至少要有摄像机");
}

#[test]
fn headers() {
    assert_eq!(
        said(&[(FileKind::Nodes, "id,kind,,addres,kind,Password,备注\nN1,switch,x,10.0.0.9,pole,geheim,好")]),
        [
            "nodes.csv line 1: column 3 has cells but no name in the first row",
            r#"nodes.csv line 1, addres: the column is kept, but means nothing here; did you mean "address"?"#,
            "nodes.csv line 1, kind: the column stands twice in the first row",
            "nodes.csv line 1, Password: passwords do not belong into a registry file; put them into the secrets file and name \
             the entry in the column credential",
        ]
    );
    let (registry, _) = judge(&tables(&[AREAS, CAMERAS, (FileKind::Nodes, "id,kind,备注,密码\nN1,switch,好,geheim")]));
    let node = registry.nodes.values().next().unwrap();
    assert_eq!(node.extra.iter().map(|(k, v)| (&**k, &**v)).collect::<Vec<_>>(), [("备注", "好")]);
}

#[test]
fn ids_are_unique_over_all_kinds() {
    let (_, faults) = judge(&tables(&[
        AREAS,
        CAMERAS,
        NODES,
        (FileKind::Places, "id,kind\nA,station"),
        (FileKind::Sites, "id\nC1"),
        (FileKind::Entrances, "id,area,name,derived_from\nN1,A,x,C1"),
    ]));
    let found: Vec<_> = faults.iter().map(|f| (&*f.file, f.row, f.column.as_deref(), &*f.value, &f.kind)).collect();
    let twice = |file, row| FaultKind::DuplicateId { file, row };
    assert_eq!(
        found,
        [
            ("entrances.csv", Some(2), Some("id"), "N1", &twice(FileKind::Nodes, 2)),
            ("places.csv", Some(2), Some("id"), "A", &twice(FileKind::Areas, 3)),
            ("sites.csv", Some(2), Some("id"), "C1", &twice(FileKind::Cameras, 2)),
        ]
    );
}

#[test]
fn circles() {
    assert_eq!(
        said(&[
            (FileKind::Nodes, "id,kind,parents,power\nN1,switch,N3,\nN2,switch,N1,\nN3,switch,,N2\nN4,pole,N4,"),
            (FileKind::Areas, "id,kind,parent\nA,village,B\nB,village,A"),
        ]),
        [
            "areas.csv line 2, parent: A, B hang on each other in a circle; one of these links must go",
            "nodes.csv line 2, parents: N1, N3, N2 hang on each other in a circle; one of these links must go",
            "nodes.csv line 5, parents: N4 hang on each other in a circle; one of these links must go",
        ]
    );
}

#[test]
fn entrances() {
    let header = "id,area,name,required,target,priority,bearing,dirs,derived_from";
    assert_eq!(
        said(&[(FileKind::Entrances, &format!("{header}\nE1,A,x,2,1,3,0,any,C1\nE2,B,x,0,,6,-1,inn,C1"))]),
        [
            r#"entrances.csv line 2, target: the target "1" is below what is required (2)"#,
            r#"entrances.csv line 3, bearing: "-1" is out of range; from 0 to 360 is possible"#,
            r#"entrances.csv line 3, required: "0" is out of range; from 1 to 99 is possible"#,
            r#"entrances.csv line 3, priority: "6" is out of range; from 1 to 5 is possible"#,
            r#"entrances.csv line 3, dirs: "inn" is not one of in, out, both, any; did you mean "in"?"#,
            r#"entrances.csv line 3, area: "B" does not exist; the id of an area is wanted"#,
        ]
    );
}

#[test]
fn what_looks_odd_is_a_warning() {
    let cameras = "id,name,area,host,rtsp,gb_code,lon,lat,status,node\n\
                   C1,x,A,10.0.0.1,rtsp://{host}/1,42011649001320000001,114.5,30.9,active,N1\n\
                   C2,x,A,10.0.0.1,rtsp://{host}/2,,114.5,30.9,active,N1\n\
                   C3,x,A,10.0.0.1,rtsp://10.0.0.1/1,42011649001320000001,114.5,30.9,active,N1\n\
                   C4,x,A,10.0.0.1,rtsp://10.0.0.1/1,,114.5,30.9,retired,N1\n\
                   C5,x,A,,,,115.5,30.9,active,";
    let areas = "id,kind,lon,lat\nT,town,114.5,30.9\nA,village,,";
    let files = tables(&[(FileKind::Areas, areas), NODES, (FileKind::Cameras, cameras)]);
    let (_, faults) = judge(&files);
    assert!(faults.iter().all(|f| f.severity() == FaultSeverity::Warning));
    assert_eq!(
        sentences(&files),
        [
            r#"cameras.csv, node: 1 cameras name no node ("C5" is the first); when they fail together, no box can be named"#,
            r#"cameras.csv line 4, host: C1 has the same address "10.0.0.1" and stream"#,
            r#"cameras.csv line 4, gb_code: C1 has the same code "42011649001320000001""#,
            r#"cameras.csv line 6, lon: "C5" stands 95.4 km from the centre of the town"#,
            r#"cameras.csv line 6, host: "C5" is in use, but has neither host nor URL: it is never asked"#,
        ]
    );
}

fn square(lon: f64, lat: f64, side: f64) -> Geometry<f64> {
    let corners = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side), (0.0, 0.0)];
    let ring: Vec<(f64, f64)> = corners.iter().map(|(x, y)| (lon + x, lat + y)).collect();
    Geometry::Polygon(geo::Polygon::new(LineString::from(ring), vec![]))
}

fn shapes(rows: &[(&[&str], Option<Geometry<f64>>)], columns: &[&str]) -> Table {
    let cells = |c: &[&str]| c.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
    let rows = rows.iter().zip(1..).map(|((c, shape), line)| Row {
        line,
        cells: c.iter().collect(),
        shape: shape.clone().map(Box::new),
    });
    Table { rows: rows.collect(), columns: cells(columns) }
}

#[test]
fn the_boundary_of_the_town_counts() {
    let cameras = "id,name,area,host,node,lon,lat\n\
                   C1,in,A,10.0.0.1,N1,114.55,30.95\n\
                   C2,at the edge,A,10.0.0.2,N1,114.601,30.95\n\
                   C3,out,A,10.0.0.3,N1,114.61,30.95";
    let mut files = tables(&[AREAS, NODES, (FileKind::Cameras, cameras)]);
    files.files.insert(FileKind::AreaShapes, shapes(&[(&["T"], Some(square(114.5, 30.9, 0.1)))], &["id"]));
    assert_eq!(sentences(&files), [r#"cameras.csv line 4, lon: "C3" stands 954 m outside the boundary of the town"#]);
}

#[test]
fn shapes_fit_their_objects() {
    let mut files = tables(&[AREAS, NODES, CAMERAS]);
    let point = || Some(Geometry::Point(Point::new(114.5, 30.9)));
    let rows: [(&[&str], _); 4] = [
        (&["T"], point()),
        (&["X1"], Some(square(114.5, 30.9, 0.1))),
        (&["A"], None),
        (&["A"], Some(square(30.9, 114.5, 0.1))),
    ];
    files.files.insert(FileKind::AreaShapes, shapes(&rows, &["id"]));
    let short = Some(Geometry::LineString(LineString::from(vec![(114.5, 30.9)])));
    let rows: [(&[&str], _); 4] = [
        (&["L1", "line", ""], short),
        (&["L2", "lime", "L3"], point()),
        (&["L3", "circle", "L2"], point()),
        (&["A", "", ""], point()),
    ];
    files.files.insert(FileKind::Plan, shapes(&rows, &["id", "layer", "parent"]));
    assert_eq!(
        sentences(&files),
        [
            "areas.geojson line 1, geometry: the geometry does not fit; Polygon or MultiPolygon is wanted",
            r#"areas.geojson line 2, id: "X1" does not exist; the id of an area is wanted"#,
            "areas.geojson line 3, geometry: the feature has no geometry",
            r#"areas.geojson line 4, id: "A" stands in areas.geojson line 3 already; an id is unique over all kinds"#,
            "areas.geojson line 4, geometry: a coordinate of the geometry is no place on earth (longitude first)",
            "plan.geojson line 1, geometry: a ring needs three corners, a line two points",
            r#"plan.geojson line 2, layer: "lime" is not one of circle, block, line, point; did you mean "line"?"#,
            "plan.geojson line 3, geometry: the geometry does not fit; Polygon or MultiPolygon is wanted",
            r#"plan.geojson line 4, id: "A" stands in areas.csv line 3 already; an id is unique over all kinds"#,
        ]
    );
}

#[test]
fn the_coverage_room_tells_what_it_finds() {
    let entrances = (FileKind::Entrances, "id,area,name\nE1,A,x\nE2,A,y");
    let files = tables(&[AREAS, NODES, CAMERAS, entrances]);
    let lines = Lines::of(&files);
    let said: Vec<String> = lines.unwatched(["E2"]).map(|f| f.words(Language::ZhCn)).collect();
    assert_eq!(said, [r#"entrances.csv 第 3 行，id 列：没有摄像机看守进出口 "E2""#]);
    assert_eq!(
        lines.watch_conflict("C1", "E2").to_string(),
        "cameras.csv line 2, watches: it is said to watch E2, but by its position, direction and range it cannot see it"
    );
    assert!(!lines.watch_conflict("C1", "E2").is_error());
}

#[test]
fn faults_are_bounded_and_errors_are_not_crowded_out() {
    let mut rows: String = "id,kind,addres".to_owned();
    for i in 0..2 * MAX_FAULTS {
        rows.push_str(&format!("\nN{i},swich,"));
    }
    let (_, faults) = judge(&tables(&[AREAS, (FileKind::Cameras, "id,name,area"), (FileKind::Nodes, &rows)]));
    assert_eq!(faults.len(), MAX_FAULTS + 1);
    assert_eq!(faults.last().map(|f| &f.kind), Some(&FaultKind::More { count: MAX_FAULTS + 1 }));
}

#[test]
fn values_are_shown_on_one_line_and_cut() {
    let long = "长".repeat(200);
    let fault = Fault {
        file: "cameras.csv".into(),
        row: Some(3),
        column: Some("id".into()),
        value: format!("a\nb\u{202e}{long}").into(),
        kind: CellFault::Id { why: IdFault::TooLong, in_list: false, did_you_mean: None }.into(),
    };
    let said = fault.to_string();
    assert!(said.starts_with(r#"cameras.csv line 3, id: "a\nb\u{202e}长长"#), "{said}");
    let odd = Fault { column: Some("na\nme\u{202e}".into()), ..fault };
    assert!(odd.to_string().starts_with(r"cameras.csv line 3, na\nme\u{202e}: "), "{odd}");
    assert!(said.contains("长…\" is no id: an id has at most 64 characters") && said.chars().count() < 150, "{said}");
}
