//! What would change.

use super::*;

fn registry(cameras: &str) -> Registry {
    let files = [
        (FileKind::Areas, "id,kind\nA,village"),
        (FileKind::Entrances, "id,area,name"),
        (FileKind::Places, "id,contact,name\nP,138,站"),
        (FileKind::Cameras, &format!("id,area,name,host,gb_code,note\n{cameras}")),
    ];
    let (registry, faults) = judge(&tables(&files));
    assert_eq!(errors(faults), []);
    registry
}

#[test]
fn a_change_is_one_line() {
    let old = registry("C1,A,东头,10.0.0.1,,\nC2,A,西头,10.0.0.2,,");
    let mut new = registry("C1,A,东头,10.0.0.9,,=1+1\nC3,A,桥,10.0.0.3,,");
    new.cameras.values_mut().for_each(|c| c.note = c.note.as_ref().map(|_| "a\nb".into()));
    new.places.values_mut().for_each(|p| p.contact = Some("139".into()));
    let found = diff(&old, &new);
    assert_eq!(
        found.lines(9, crate::model::Language::En),
        [
            r#"camera C1: host 10.0.0.1 → 10.0.0.9, note (empty) → "a\nb""#,
            "camera C2: removed (西头)",
            "camera C3: added (桥)",
            "place P: contact *** → ***",
        ]
    );
    assert_eq!(found.lines(1, crate::model::Language::En)[1], "and 3 more");
    assert_eq!((found.added(), found.changed(), found.removed(), found.removed_cameras()), (1, 2, 1, 1));
    assert!(diff(&old, &old).is_empty());
}

#[test]
fn the_guard_is_a_fifth_of_the_cameras() {
    let cameras = |n: usize| (0..n).map(|i| format!("C{i:02},A,x,,,")).collect::<Vec<_>>().join("\n");
    let ten = registry(&cameras(10));
    assert!(!diff(&ten, &registry(&cameras(8))).removes_too_much(), "20 % is not more than 20 %");
    assert!(diff(&ten, &registry(&cameras(7))).removes_too_much());
    assert!(!diff(&Registry::default(), &ten).removes_too_much());
    assert!(diff(&ten, &Registry::default()).removes_too_much());
}

#[test]
fn renames_are_proposed_where_code_or_host_is_equal() {
    let code = "42011649001320000001";
    let old = registry(&format!("C1,A,a,10.0.0.1,{code},\nC2,A,b,10.0.0.2,,\nC3,A,c,10.0.0.3,,\nC4,A,d,10.0.0.3,,"));
    let new = registry(&format!("D1,A,a,10.0.0.2,{code},\nD2,A,b,10.0.0.2,,\nD3,A,c,10.0.0.3,,\nD4,A,d,10.0.0.5,,"));
    let found: Vec<_> = diff(&old, &new).renames.iter().map(|r| format!("{} {} {:?}", r.from, r.to, r.by)).collect();
    assert_eq!(found, ["C1 D1 GbCode"], "a host that several have says nothing");
    let new = registry("D2,A,b,10.0.0.2,,\nD3,A,c,10.0.0.3,,");
    let found: Vec<_> = diff(&old, &new).renames.iter().map(|r| format!("{} {} {:?}", r.from, r.to, r.by)).collect();
    assert_eq!(found, ["C2 D2 Host"]);
}
