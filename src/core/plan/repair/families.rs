//! What must be mended so that something works: the least sets of things, none of which holds another.

/// Sets that are kept of one family. More are possible only where several things are down on several ways that lead to
/// one camera, or many watchers wait for each other.
const MOST: usize = 32;

/// Any one of these sets is enough. No set at all: nothing helps; the empty set: nothing is needed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Family {
    /// Sorted sets of sorted things: least first.
    pub(super) sets: Vec<Vec<usize>>,
    /// Whether sets were left out: what is here is enough, and something else may be too.
    pub(super) cut: bool,
}

impl Family {
    /// Nothing is needed.
    pub(super) fn works() -> Family {
        Family { sets: vec![Vec::new()], cut: false }
    }

    /// Nothing helps.
    pub(super) fn never() -> Family {
        Family::default()
    }

    /// This one thing.
    pub(super) fn only(thing: usize) -> Family {
        Family { sets: vec![vec![thing]], cut: false }
    }

    /// Whether nothing is needed.
    pub(super) fn is_works(&self) -> bool {
        self.sets.first().is_some_and(Vec::is_empty)
    }

    /// Both are needed.
    pub(super) fn and(&self, other: &Family) -> Family {
        // Most things hang on what works: nothing is copied about for them.
        if self.is_works() {
            return Family { cut: self.cut || other.cut, sets: other.sets.clone() };
        }
        if other.is_works() {
            return Family { cut: self.cut || other.cut, sets: self.sets.clone() };
        }
        let pairs = self.sets.iter().flat_map(|a| other.sets.iter().map(move |b| union(a, b)));
        least(pairs.collect(), self.cut || other.cut)
    }

    /// Either is enough.
    pub(super) fn or(&self, other: &Family) -> Family {
        least(self.sets.iter().chain(&other.sets).cloned().collect(), self.cut || other.cut)
    }

    /// So many of these are needed.
    pub(super) fn enough(of: &[Family], needed: usize) -> Family {
        // By how many of those seen so far: one more of them, or one of those and this one.
        let mut by_count = vec![Family::never(); needed + 1];
        by_count[0] = Family::works();
        for family in of {
            for k in (1..=needed).rev() {
                by_count[k] = by_count[k].or(&by_count[k - 1].and(family));
            }
        }
        by_count.pop().unwrap_or_default()
    }
}

fn union(a: &[usize], b: &[usize]) -> Vec<usize> {
    let mut both: Vec<usize> = a.iter().chain(b).copied().collect();
    both.sort_unstable();
    both.dedup();
    both
}

/// Sets that hold no other, smallest first, at most [`MOST`].
fn least(mut sets: Vec<Vec<usize>>, cut: bool) -> Family {
    sets.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    sets.dedup();
    let mut kept: Vec<Vec<usize>> = Vec::new();
    for set in sets {
        let holds = |smaller: &Vec<usize>| smaller.iter().all(|thing| set.binary_search(thing).is_ok());
        if kept.iter().any(holds) {
            continue;
        }
        if kept.len() == MOST {
            return Family { sets: kept, cut: true };
        }
        kept.push(set);
    }
    Family { sets: kept, cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sets: &[&[usize]]) -> Family {
        Family { sets: sets.iter().map(|s| s.to_vec()).collect(), cut: false }
    }

    #[test]
    fn the_least_sets_are_kept_and_no_other() {
        let (a, b, c) = (Family::only(1), Family::only(2), Family::only(3));
        assert_eq!(a.and(&b), of(&[&[1, 2]]));
        assert_eq!(a.and(&b).or(&a), of(&[&[1]]), "a set that holds another is not needed");
        assert_eq!(a.or(&b).and(&c), of(&[&[1, 3], &[2, 3]]));
        assert_eq!(a.and(&Family::works()), a);
        assert_eq!(a.or(&Family::works()), Family::works());
        assert_eq!(a.and(&Family::never()), Family::never());
        assert_eq!(a.or(&Family::never()), a);
    }

    #[test]
    fn enough_of_some() {
        let all = [Family::only(1), Family::only(2), Family::only(3)];
        assert_eq!(Family::enough(&all, 1), of(&[&[1], &[2], &[3]]));
        assert_eq!(Family::enough(&all, 2), of(&[&[1, 2], &[1, 3], &[2, 3]]));
        assert_eq!(Family::enough(&all, 4), Family::never());
        assert_eq!(Family::enough(&all, 0), Family::works());
        let shared = [Family::only(1), Family::only(1), Family::only(2)];
        assert_eq!(Family::enough(&shared, 2), of(&[&[1]]), "one repair, two cameras");
    }

    #[test]
    fn too_many_ways_are_cut_and_that_is_told() {
        let many: Vec<Family> = (0..=MOST).map(Family::only).collect();
        let family = Family::enough(&many, 1);
        assert!(family.cut && family.sets.len() == MOST);
        assert!(family.and(&Family::only(99)).cut && Family::works().and(&family).cut);
    }
}
