//! "Did you mean": the known word that is nearest to one that is not known.

/// Words longer than this are not guessed at: the distance costs the product of the lengths.
const MAX_WORD: usize = 64;

/// The nearest of some words, upper and lower case alike, if one is near enough to be meant: at most a third of the
/// letters (one at least) written wrong, left out, added or exchanged with their neighbour. The first of equals.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = folded(word);
    let most = (letters.len() / 3).clamp(1, 3);
    if letters.is_empty() || letters.len() > MAX_WORD {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        // Of UTF-8 text, letters are at most bytes: too far away by length alone is not looked at.
        if candidate.is_empty() || candidate.len() > MAX_WORD || candidate.len() + most < letters.len() {
            continue;
        }
        let other = folded(candidate);
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
    word.trim().chars().flat_map(char::to_lowercase).take(MAX_WORD + 1).collect()
}

/// Optimal string alignment: Levenshtein's distance, with two exchanged neighbours as one mistake.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let wrong = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + wrong);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
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
