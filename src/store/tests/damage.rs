//! A database or its log that was damaged, emptied or taken away is refused at start, and nothing new is put in its place.

use std::path::{Path, PathBuf};

use cunkou_core::alert::MessageKind as K;
use cunkou_core::model::Severity;

use super::*;

const PAGE: usize = 4_096;
const FRAME: usize = 24 + PAGE;

/// A database as a killed daemon leaves it: the file, and a log with everything that was committed.
struct Killed {
    dir: tempfile::TempDir,
}

impl Killed {
    async fn new() -> Killed {
        let town = Town::new();
        let store = town.open().await;
        for id in 1..=20 {
            let effects = Effects {
                incidents: vec![Arc::new(incident(id))],
                messages: vec![message(id, 1, K::Opened, Severity::Critical)],
                ..Effects::default()
            };
            commit(&store, &effects, &desk()).await;
        }
        let dir = tempfile::tempdir().unwrap();
        for (from, to) in [("村口.db", "x.db"), ("村口.db-wal", "x.db-wal"), ("村口.db.lock", "x.db.lock")] {
            std::fs::copy(town.dir.path().join(from), dir.path().join(to)).unwrap();
        }
        Killed { dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn log(&self) -> Vec<u8> {
        std::fs::read(self.file("x.db-wal")).unwrap()
    }

    /// The same with another log.
    fn with_log(&self, log: &[u8]) -> Killed {
        let dir = tempfile::tempdir().unwrap();
        for name in ["x.db", "x.db.lock"] {
            std::fs::copy(self.file(name), dir.path().join(name)).unwrap();
        }
        std::fs::write(dir.path().join("x.db-wal"), log).unwrap();
        Killed { dir }
    }

    async fn start(&self) -> Result<Store, StoreError> {
        Store::open(&url(&self.file("x.db")), OpenMode::ReadWrite).await
    }

    async fn incidents(&self) -> u64 {
        let store = self.start().await.unwrap();
        store.load(Time(0)).await.unwrap().next_incident - 1
    }
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// Where the frames that end a commit begin, in order.
fn commits(log: &[u8]) -> Vec<usize> {
    let frames = (0..).map(|i| 32 + i * FRAME).take_while(|at| at + FRAME <= log.len());
    frames.filter(|at| log[at + 4..at + 8] != [0; 4]).collect()
}

#[tokio::test]
async fn what_a_crash_leaves_is_gone_on_from() {
    let killed = Killed::new().await;
    assert_eq!(killed.incidents().await, 20, "the log as it was");
    let log = Killed::new().await.log();
    let killed = Killed::new().await;
    let all = commits(&log);
    assert!(all.len() >= 20);
    for cut in [all[10], all[12] + 100, all[19] + FRAME - 1] {
        let torn = killed.with_log(&log[..cut]);
        assert!(torn.start().await.is_ok(), "cut at {cut}");
    }
    for cut in [0, 7, 32, 32 + 10, all[0]] {
        let e = killed.with_log(&log[..cut]).start().await.unwrap_err();
        assert_eq!(e.word(), "gone", "cut at {cut}, where the tables are in the log alone: {e}");
    }
    // The last commit was being written: some of its pages arrived, some did not.
    let mut torn = killed.log();
    let last = *commits(&torn).last().unwrap();
    torn[last + 100] ^= 1;
    assert_eq!(killed.with_log(&torn).incidents().await, 19);
    killed.start().await.unwrap().close().await;
    for log in [&[][..], &[0; 7], &[0; 5 * FRAME]] {
        let clean = killed.with_log(log);
        assert_eq!(clean.incidents().await, 20, "a log that was made and never written, or only made longer");
    }
}

#[tokio::test]
async fn a_log_that_is_damaged_before_its_end_is_refused_with_the_way_back() {
    let killed = Killed::new().await;
    let log = killed.log();
    let all = commits(&log);
    let frame = all[all.len() / 2];
    for (what, at) in [
        ("the magic", 0),
        ("the salt", 17),
        ("the checksum of the head", 25),
        ("a page", frame + 500),
        ("the number of a page", frame + 1),
        ("the salt of a frame", frame + 9),
        ("the checksum of a frame", frame + 20),
        ("the first page", 32 + 24 + 1),
    ] {
        let mut log = log.clone();
        log[at] ^= 0x40;
        let damaged = killed.with_log(&log);
        let before = std::fs::read(damaged.file("x.db")).unwrap();
        let e = damaged.start().await.unwrap_err();
        assert_eq!(e.word(), "corrupt", "{what}: {e}");
        assert!(e.to_string().contains("cunkou restore FILE"), "{what}: {e}");
        assert_eq!(std::fs::read(damaged.file("x.db")).unwrap(), before, "{what}: untouched");
        assert_eq!(damaged.log(), log, "{what}: untouched");
    }
}

#[tokio::test]
async fn another_file_beside_a_log_is_not_mixed_with_it() {
    let killed = Killed::new().await;
    let text = b"name,area\n".repeat(500);
    std::fs::write(killed.file("x.db"), &text).unwrap();
    let e = killed.start().await.unwrap_err();
    assert_eq!(e.word(), "corrupt", "{e}");
    assert!(e.to_string().contains("cunkou restore FILE"), "{e}");
    assert_eq!(std::fs::read(killed.file("x.db")).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_log_gives_what_stands_before_the_damage_to_a_backup() {
    let killed = Killed::new().await;
    let mut log = killed.log();
    // The tenth commit of an incident before the end.
    let frame = commits(&log).into_iter().rev().nth(9).unwrap();
    log[frame + 500] ^= 1;
    let damaged = killed.with_log(&log);
    let to = damaged.file("saved.db");
    let facts = super::super::backup(&url(&damaged.file("x.db")), &to).await.unwrap();
    assert!((5..20).contains(&facts.incidents), "{facts:?}");
}

#[tokio::test]
async fn a_damaged_page_is_found_wherever_it_is() {
    let killed = Killed::new().await;
    killed.start().await.unwrap().close().await;
    let whole = std::fs::read(killed.file("x.db")).unwrap();
    let pages = whole.len() / PAGE;
    assert!(pages > 20);
    for page in 0..pages {
        let mut bytes = whole.clone();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xaa);
        let damaged = killed.with_log(b"");
        std::fs::write(damaged.file("x.db"), &bytes).unwrap();
        let e = damaged.start().await.unwrap_err();
        assert_eq!(e.word(), "corrupt", "page {page}: {e}");
        assert!(e.to_string().contains("cunkou restore FILE"), "page {page}: {e}");
        assert!(std::fs::read(damaged.file("x.db")).unwrap() == bytes, "page {page}: untouched");
    }
}

#[tokio::test]
async fn a_database_that_is_gone_or_empty_is_not_begun_anew() {
    let killed = Killed::new().await;
    killed.start().await.unwrap().close().await;
    std::fs::write(killed.file("x.db"), b"").unwrap();
    let e = killed.start().await.unwrap_err();
    assert_eq!(e.word(), "gone", "{e}");
    assert_eq!(std::fs::read(killed.file("x.db")).unwrap(), b"");
    std::fs::remove_file(killed.file("x.db")).unwrap();
    let e = killed.start().await.unwrap_err();
    assert_eq!(e.word(), "gone", "{e}");
    assert!(e.to_string().contains("cunkou restore FILE"), "{e}");
    assert!(!killed.file("x.db").exists());
    std::fs::remove_file(killed.file("x.db.lock")).unwrap();
    assert!(killed.start().await.is_ok(), "who wants a new one says so");
}

#[tokio::test]
async fn a_file_taken_away_or_replaced_while_it_is_used_is_noticed_and_healed_by_putting_it_back() {
    let town = Town::new();
    let store = town.open().await;
    commit(&store, &telling(vec![message(1, 1, K::Opened, Severity::Critical)]), &desk()).await;
    let (file, aside) = (town.dir.path().join("村口.db"), town.dir.path().join("aside.db"));
    assert_eq!(store.backlog().await.unwrap().len(), 1);
    std::fs::rename(&file, &aside).unwrap();
    let effects = telling(vec![message(2, 1, K::Opened, Severity::Critical)]);
    let routes = desk();
    let batch = Batch { routes: &routes, ..Batch::new(store.next_batch(), &effects, 1) };
    assert_eq!(store.commit(&batch).await.unwrap_err().word(), "gone");
    let waiting = store.pending("desk", Time(1_000_000), Take::Oldest(9)).await.unwrap();
    assert_eq!(waiting.len(), 1, "what was committed is still told");
    std::fs::copy(&aside, &file).unwrap();
    assert_eq!(store.commit(&batch).await.unwrap_err().word(), "replaced");
    std::fs::rename(&aside, &file).unwrap();
    store.commit(&batch).await.unwrap();
    assert_eq!(store.pending("desk", Time(1_000_000), Take::Oldest(9)).await.unwrap().len(), 1);
}
