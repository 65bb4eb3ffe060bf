//! The registry under config/ is the demo town of seed 1, to the letter. It is made anew by one command:
//! `CUNKOU_WRITE_TOWN=1 cargo test --release --test town`.

#![allow(clippy::expect_used)] // helpers of tests may panic, like the tests themselves

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cunkou_core::coverage::{self, Verdict, Watch};
use cunkou_core::registry::{Intervals, Topology};
use cunkou_core::town::{Spec, Town};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/registry")
}

/// The files of the town, by name.
fn made() -> BTreeMap<String, Vec<u8>> {
    let town = Town::generate(&Spec::default()).expect("the default town");
    let mut files = cunkou::files::folder::files_of(&cunkou_core::registry::tables_of(&town.registry));
    files.insert("roads.geojson".to_owned(), cunkou::files::roads(&town.roads));
    files.insert("README.md".to_owned(), town.notes.into_bytes());
    files
}

#[test]
fn the_committed_town_is_the_one_the_seed_makes() {
    let made = made();
    if std::env::var_os("CUNKOU_WRITE_TOWN").is_some() {
        std::fs::create_dir_all(folder()).expect("config/registry");
        for (name, bytes) in &made {
            std::fs::write(folder().join(name), bytes).expect("a file of config/registry");
        }
    }
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).expect("config/registry").flatten() {
        let name = entry.file_name().into_string().expect("a name");
        found.insert(name, std::fs::read(entry.path()).expect("a file"));
    }
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&made));
    for (name, bytes) in &made {
        assert!(found.get(name) == Some(bytes), "{name} is not what the seed makes; write it anew (see above)");
    }
}

#[test]
fn the_committed_town_is_free_of_faults() {
    let loaded = cunkou::files::load(&folder()).expect("config/registry");
    let (registry, faults) = cunkou::files::judge(&loaded, &Intervals::default(), &coverage::Policy::default());
    let errors: Vec<String> = faults.iter().filter(|f| f.is_error()).map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(registry.cameras.len(), 778);
}

/// What the generator says of its own town, sight confirms.
#[test]
fn cameras_watch_what_they_were_placed_for() {
    let town = Town::generate(&Spec::default()).expect("the default town");
    let topology = Topology::build(&town.registry, &Intervals::default(), None);
    let (watch, _) = Watch::build(&town.registry, &topology, &coverage::Policy::default());
    let verdict = |entrance: &str, camera: &str| {
        let camera = topology.camera(camera).expect("a camera");
        let entrance = topology.entrance(entrance).expect("an entrance");
        watch.watchers(entrance).iter().find(|w| w.camera == camera).map_or(Verdict::No, |w| w.day)
    };
    for (entrance, cameras) in &town.placed {
        for camera in cameras {
            assert_eq!(verdict(entrance.as_str(), camera.as_str()), Verdict::Yes, "{camera} at {entrance}");
        }
    }
    for (entrance, cameras) in &town.survey {
        for camera in cameras {
            assert_eq!(verdict(entrance.as_str(), camera.as_str()), Verdict::Maybe, "{camera} at {entrance}");
        }
    }
}
