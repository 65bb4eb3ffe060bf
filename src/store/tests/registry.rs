//! The registry in force and its versions.

use std::collections::BTreeMap;

use super::*;

fn change(id: &str, old: Option<&str>, new: Option<&str>) -> Change {
    Change { kind: "camera".to_owned(), id: id.to_owned(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
}

fn put(version: u64, changes: Vec<Change>) -> RegistryPut {
    let hashes = BTreeMap::from([("cameras.csv".to_owned(), "ab".repeat(32))]);
    let summary = format!("{} 处变化", changes.len());
    RegistryPut { version, at: Time(7), who: "start".to_owned(), hashes, summary, changes }
}

async fn apply(store: &Store, put: &RegistryPut) -> Result<(), StoreError> {
    let effects = Effects::default();
    store.commit(&Batch { registry: Some(put), ..Batch::new(store.next_batch(), &effects, put.version) }).await
}

fn object(id: &str, body: &str) -> (String, String, String) {
    ("camera".to_owned(), id.to_owned(), body.to_owned())
}

#[tokio::test]
async fn a_registry_is_in_force_as_the_sum_of_its_differences() {
    let store = memory().await;
    assert_eq!(store.registry_load().await.unwrap(), None);
    let first = put(1, vec![change("a", None, Some("甲")), change("b", None, Some("乙"))]);
    apply(&store, &first).await.unwrap();
    assert_eq!(store.registry_load().await.unwrap(), Some((1, vec![object("a", "甲"), object("b", "乙")])));
    let second =
        put(2, vec![change("a", Some("甲"), None), change("b", Some("乙"), Some("丙")), change("c", None, Some("丁"))]);
    apply(&store, &second).await.unwrap();
    assert_eq!(store.registry_load().await.unwrap(), Some((2, vec![object("b", "丙"), object("c", "丁")])));
    let versions = store.registry_versions(10).await.unwrap();
    let counts: Vec<_> = versions.iter().map(|v| (v.version, v.added, v.changed, v.removed)).collect();
    assert_eq!(counts, [(2, 1, 1, 1), (1, 2, 0, 0)]);
    assert_eq!((versions[0].who.as_str(), &versions[0].hashes, versions[0].at), ("start", &second.hashes, Time(7)));
    assert_eq!(store.registry_changes(2).await.unwrap(), second.changes);
    assert_eq!(store.load(Time(0)).await.unwrap().registry_version, 2);
}

#[tokio::test]
async fn a_version_is_put_in_force_once() {
    let store = memory().await;
    apply(&store, &put(1, vec![change("a", None, Some("1"))])).await.unwrap();
    let again = apply(&store, &put(1, vec![change("b", None, Some("2"))])).await;
    assert_eq!(again.unwrap_err().word(), "refused");
    assert_eq!(store.registry_load().await.unwrap(), Some((1, vec![object("a", "1")])));
}

#[tokio::test]
async fn a_large_town_goes_in_at_once() {
    let store = memory().await;
    let all = |text: &'static str| (0..1_500).map(move |n| (format!("c{n:05}"), text));
    let changes = all("x").map(|(id, text)| change(&id, None, Some(text))).collect();
    apply(&store, &put(1, changes)).await.unwrap();
    let changes = all("x").map(|(id, text)| change(&id, Some(text), None)).collect();
    assert_eq!(store.registry_load().await.unwrap().map(|(_, objects)| objects.len()), Some(1_500));
    apply(&store, &put(2, changes)).await.unwrap();
    assert_eq!(store.registry_load().await.unwrap(), Some((2, Vec::new())));
}
