//! "Did you mean": the known word that is nearest to one that is not known.

use std::sync::Arc;

use super::tables::{Lines, ObjectKind};

/// Words longer than this are not guessed at: the distance costs the product of the lengths.
const MAX_WORD: usize = 64;
/// Ids of a registry that may be looked at for all guesses together, about two seconds of work: a column of dangling
/// ids in a large registry must not cost hours.
const MAX_LOOKS: usize = 20_000_000;
/// Guesses at most: whoever has mended so many asks again.
const MAX_GUESSES: usize = 200;

/// Guesses at ids, bounded.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    made: usize,
    looks: usize,
}

impl Guesses {
    /// The id of some kinds that may be meant; `None` too where enough has been guessed.
    pub(super) fn nearest(&mut self, id: &str, lines: &Lines<'_>, kinds: &[ObjectKind]) -> Option<Arc<str>> {
        let looks = self.looks.saturating_add(lines.len());
        if self.made >= MAX_GUESSES || looks > MAX_LOOKS {
            return None;
        }
        (self.made, self.looks) = (self.made + 1, looks);
        nearest(id, lines.ids(kinds)).map(Arc::from)
    }
}

/// The nearest of some words, upper and lower case alike, if one is near enough to be meant: at most a third of the
/// letters (one at least) written wrong, left out, added or exchanged with their neighbour. The first of equals.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = folded(word);
    let most = (letters.len() / 3).clamp(1, 3);
    let mut other = Vec::with_capacity(MAX_WORD);
    if letters.is_empty() || letters.len() > MAX_WORD {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        // Of UTF-8 text, letters are at most bytes: too far away by length alone is not looked at.
        if candidate.is_empty() || candidate.len() > MAX_WORD || candidate.len() + most < letters.len() {
            continue;
        }
        fold(candidate, &mut other);
        if other.len().abs_diff(letters.len()) > most {
            continue;
        }
        let far = distance(&letters, &other);
        if far <= most && far < letters.len().max(other.len()) && best.is_none_or(|(b, _)| far < b) {
            best = Some((far, candidate));
        }
    }
    best.map(|(_, word)| word)
}

fn folded(word: &str) -> Vec<char> {
    let mut letters = Vec::new();
    fold(word, &mut letters);
    letters
}

fn fold(word: &str, letters: &mut Vec<char>) {
    letters.clear();
    letters.extend(word.trim().chars().flat_map(char::to_lowercase).take(MAX_WORD + 1));
}

/// Optimal string alignment: Levenshtein's distance, with two exchanged neighbours as one mistake; in a table of three
/// rows, since it is asked for every id there is.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = [[0_usize; MAX_WORD + 2]; 3];
    let width = b.len().min(MAX_WORD + 1);
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        let (row, last, before) = (i % 3, (i + 2) % 3, (i + 1) % 3);
        rows[row][0] = i;
        for j in 1..=width {
            let wrong = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[last][j] + 1).min(rows[row][j - 1] + 1).min(rows[last][j - 1] + wrong);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[before][j - 2] + 1);
            }
            rows[row][j] = least;
        }
    }
    rows[a.len() % 3][width]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let words = ["planned", "active", "maintenance", "retired"];
        for (typo, meant) in
            [("activ", "active"), ("Active", "active"), ("retried", "retired"), ("maintainance", "maintenance")]
        {
            assert_eq!(nearest(typo, words), Some(meant), "{typo}");
        }
        for stranger in ["", "x", "off", "in use", &"a".repeat(70)] {
            assert_eq!(nearest(stranger, words), None, "{stranger}");
        }
        assert_eq!(nearest("正东", ["东", "东南"]), Some("东"));
        assert_eq!(nearest("前", ["东", "西"]), None);
    }

    #[test]
    fn distances() {
        let d = |a: &str, b: &str| distance(&folded(a), &folded(b));
        assert_eq!([d("", ""), d("abc", ""), d("kitten", "sitting"), d("ab", "ba"), d("a", "a")], [0, 3, 3, 1, 0]);
    }
}
