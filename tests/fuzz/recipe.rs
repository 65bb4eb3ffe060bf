//! Inputs of the fuzz targets: a text of a corpus, changed in a few places. What changes it is made by bolero: by chance in
//! a plain `cargo test`, by coverage under `cargo bolero test`; either way a failure is made small before it is shown.
//!
//! A target says what must hold whatever the bytes are: no panic, a bounded use of processor and memory, and words for
//! people instead of a crash. `BOLERO_RANDOM_TEST_TIME_MS` makes a plain run longer than its one second.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use bolero::TypeGenerator;
use rustix::time::{ClockId, clock_gettime};

/// Bytes of an input at most.
const MOST: usize = 64 * 1024;
/// Seconds of processor that one input may take; a second is some thousand times what is usual.
const MOST_SECONDS: f64 = 2.0;

/// One change of a text. A place is a number that is taken modulo the length.
#[derive(Clone, Copy, Debug, TypeGenerator)]
pub(crate) enum Change {
    /// Other bits in a byte.
    Bits(u16, u8),
    /// A byte more.
    Byte(u16, u8),
    /// A word of the target more.
    Word(u16, u8),
    /// So many bytes less.
    Cut(u16, u8),
    /// So many bytes so often.
    Again(u16, u8, u8),
    /// So many bytes of another text of the corpus.
    Piece(u16, u8, u16, u8),
    /// Nothing from there on.
    End(u16),
}

/// Which text of the corpus, and how it is changed.
#[derive(Clone, Debug, TypeGenerator)]
pub(crate) struct Recipe {
    text: u8,
    changes: Vec<Change>,
}

/// The texts of a target, its words, and how often it was run.
pub(crate) struct Corpus {
    target: &'static str,
    texts: Vec<(String, Vec<u8>)>,
    words: &'static [&'static str],
    runs: AtomicU64,
}

impl Corpus {
    /// The texts of `tests/fuzz/corpus/TARGET`, in the order of their names.
    pub(crate) fn of(target: &'static str, words: &'static [&'static str]) -> Corpus {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
        let mut texts: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|entry| {
                let path = entry.unwrap().path();
                (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
            })
            .collect();
        texts.sort();
        assert!(!texts.is_empty(), "{}", folder.display());
        Corpus { target, texts, words, runs: AtomicU64::new(0) }
    }

    /// Its texts, by name.
    pub(crate) fn texts(&self) -> &[(String, Vec<u8>)] {
        &self.texts
    }

    /// What a recipe makes, and the name of the text that it began with. The first thing that a target asks for.
    pub(crate) fn make(&self, recipe: &Recipe) -> (&str, Vec<u8>) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let (name, text) = &self.texts[usize::from(recipe.text) % self.texts.len()];
        let mut text = text.clone();
        for change in &recipe.changes {
            self.change(&mut text, *change);
            text.truncate(MOST);
        }
        (name, text)
    }

    fn change(&self, text: &mut Vec<u8>, change: Change) {
        let length = text.len();
        let place = |at: u16| usize::from(at) % (length + 1);
        let end = |from: usize, bytes: u8| (from + usize::from(bytes)).min(length);
        match change {
            Change::Bits(at, bits) => {
                if let Some(byte) = text.get_mut(place(at)) {
                    *byte ^= bits;
                }
            }
            Change::Byte(at, byte) => text.insert(place(at), byte),
            Change::Word(at, which) => {
                let at = place(at);
                if let Some(word) = self.words.get(usize::from(which) % self.words.len().max(1)) {
                    text.splice(at..at, word.bytes());
                }
            }
            Change::Cut(at, bytes) => _ = text.drain(place(at)..end(place(at), bytes)),
            Change::Again(at, bytes, times) => {
                let piece = text[place(at)..end(place(at), bytes)].repeat(usize::from(times));
                let at = place(at);
                text.splice(at..at, piece);
            }
            Change::Piece(at, other, from, bytes) => {
                let (_, other) = &self.texts[usize::from(other) % self.texts.len()];
                let from = usize::from(from) % (other.len() + 1);
                let piece = other[from..(from + usize::from(bytes)).min(other.len())].to_vec();
                let at = place(at);
                text.splice(at..at, piece);
            }
            Change::End(at) => text.truncate(place(at)),
        }
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        println!("{}: {} executions", self.target, self.runs.load(Ordering::Relaxed));
    }
}

/// Does a thing, and fails if this thread has worked on it for too long; time in which others worked does not count.
#[track_caller]
pub(crate) fn bounded<T>(input: &[u8], work: impl FnOnce() -> T) -> T {
    let seconds = || {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
    };
    let began = seconds();
    let done = work();
    let took = seconds() - began;
    assert!(took < MOST_SECONDS, "{took:.1} s for {} bytes: {:?}", input.len(), String::from_utf8_lossy(input));
    done
}

/// Words for people stand on one line and hold nothing that a terminal would obey.
#[track_caller]
pub(crate) fn assert_told(words: &str) {
    assert!(!words.trim().is_empty() && !words.chars().any(char::is_control), "{words:?}");
}
