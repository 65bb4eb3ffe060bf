//! A table of which a copy costs next to nothing: the published snapshot shares what has not changed.

use std::sync::Arc;

/// Rows a chunk: a changed row costs one copy of so many, once after each published snapshot.
const CHUNK: usize = 32;

/// A growing table in shared chunks. A clone costs one reference count a chunk; a row that is changed after a clone
/// copies its own chunk only.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunked<T> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Chunked { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Clone> Chunked<T> {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One row.
    #[must_use]
    pub fn get(&self, i: usize) -> Option<&T> {
        self.chunks.get(i / CHUNK)?.get(i % CHUNK)
    }

    /// One row, to change it.
    pub fn get_mut(&mut self, i: usize) -> Option<&mut T> {
        let chunk = self.chunks.get_mut(i / CHUNK)?;
        if i % CHUNK >= chunk.len() {
            return None;
        }
        Arc::make_mut(chunk).get_mut(i % CHUNK)
    }

    /// Adds a row at the end.
    pub fn push(&mut self, row: T) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            Arc::make_mut(chunk).push(row);
            self.len += 1;
        }
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|c| c.iter())
    }
}

impl<T: Clone> FromIterator<T> for Chunked<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        let mut table = Chunked::default();
        rows.into_iter().for_each(|row| table.push(row));
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_it_saw() {
        let mut table: Chunked<u32> = (0..100).collect();
        let before = table.clone();
        *table.get_mut(40).unwrap() = 7;
        table.push(100);
        assert_eq!((before.get(40), before.len()), (Some(&40), 100));
        assert_eq!((table.get(40), table.get(100), table.len()), (Some(&7), Some(&100), 101));
        assert!(Arc::ptr_eq(&before.chunks[0], &table.chunks[0]), "an untouched chunk is shared");
        assert!(table.get(101).is_none() && table.get_mut(101).is_none());
        assert_eq!(table.iter().count(), 101);
    }
}
