//! Reading one table: each key with its default and what it may be; what nobody asked for is a fault.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use cunkou_core::model::Span;

use super::doc::{Entry, Value};
use super::fault::{FaultKind, Place, SettingFault, nearest};

/// Collects faults while tables are read.
pub(super) type Faults = RefCell<Vec<SettingFault>>;

/// One table of the document. Each key that is asked for is taken out; [`Table::done`] reports what is left.
pub(super) struct Table<'f> {
    path: String,
    place: Place,
    entries: BTreeMap<String, Entry>,
    known: Vec<&'static str>,
    faults: &'f Faults,
}

impl<'f> Table<'f> {
    /// A table over an entry of the document; a fault and an empty table where it is none.
    pub(super) fn new(path: String, entry: Option<Entry>, faults: &'f Faults) -> Table<'f> {
        let (place, entries) = match entry {
            Some(Entry { place, value: Value::Table(entries), .. }) => (place, entries),
            Some(Entry { place, value, .. }) => {
                let fault = SettingFault::new(
                    place.clone(),
                    &path,
                    &value.shown(),
                    FaultKind::NotAllowed("a table of settings"),
                );
                faults.borrow_mut().push(fault);
                (place, BTreeMap::new())
            }
            None => (Place::File, BTreeMap::new()),
        };
        Table { path, place, entries, known: Vec::new(), faults }
    }

    /// Where the table stands.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// A table inside this one; empty where it is not given.
    pub(super) fn table(&mut self, key: &'static str) -> Table<'f> {
        let entry = self.take(key);
        Table::new(self.full(key), entry, self.faults)
    }

    /// The tables of a `[[list]]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Table<'f>> {
        match self.take(key) {
            None => Vec::new(),
            Some(Entry { value: Value::List(list), .. }) => list
                .into_iter()
                .enumerate()
                .map(|(i, entry)| Table::new(format!("{}[{i}]", self.full(key)), Some(entry), self.faults))
                .collect(),
            Some(entry) => {
                self.wrong(key, &entry, "a list of tables, each begun by two brackets");
                Vec::new()
            }
        }
    }

    /// A value by its own rule: `read` gives `None` for what is not allowed.
    pub(super) fn value<T>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        default: T,
        read: impl FnOnce(&Entry) -> Option<T>,
    ) -> T {
        let Some(entry) = self.take(key) else { return default };
        match read(&entry) {
            Some(value) => value,
            None => {
                self.wrong(key, &entry, allowed);
                default
            }
        }
    }

    /// A text by its own rule.
    pub(super) fn text<T>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        default: T,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        self.value(key, allowed, default, |entry| read(text_of(entry)?))
    }

    /// A text that may be a secret: a fault does not show it.
    pub(super) fn hidden<T>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let entry = self.take(key)?;
        let value = text_of(&entry).and_then(read);
        if value.is_none() {
            self.fault(&entry.place, key, "", FaultKind::NotAllowed(allowed));
        }
        value
    }

    /// One of a closed list of words; a word near one of them is named.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        words: &[(&'static str, T)],
        default: T,
    ) -> T {
        let Some(entry) = self.take(key) else { return default };
        let text = text_of(&entry).unwrap_or_default();
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let mut fault = SettingFault::new(
            entry.place.clone(),
            &self.full(key),
            &entry.value.shown(),
            FaultKind::NotAllowed(allowed),
        );
        fault.did_you_mean = nearest(text, words.iter().map(|(word, _)| *word));
        self.faults.borrow_mut().push(fault);
        default
    }

    /// A length of time within bounds.
    pub(super) fn span(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        default: Span,
        bounds: RangeInclusive<Span>,
    ) -> Span {
        self.text(key, allowed, default, |t| t.parse().ok().filter(|s| bounds.contains(s)))
    }

    /// A whole number within bounds.
    pub(super) fn whole(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        default: u32,
        bounds: RangeInclusive<u32>,
    ) -> u32 {
        self.value(key, allowed, default, |entry| match entry.value {
            Value::Integer(n) => u32::try_from(n).ok().filter(|n| bounds.contains(n)),
            _ => None,
        })
    }

    /// A number within bounds; a whole one will do.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        default: f64,
        bounds: RangeInclusive<f64>,
    ) -> f64 {
        self.value(key, allowed, default, |entry| match entry.value {
            Value::Integer(n) => i32::try_from(n).ok().map(f64::from).filter(|n| bounds.contains(n)),
            Value::Float(x) => Some(x).filter(|x| bounds.contains(x)),
            _ => None,
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        self.value(key, "true or false", default, |entry| match entry.value {
            Value::Boolean(b) => Some(b),
            _ => None,
        })
    }

    /// A list of texts, each by its own rule; each wrong one is a fault of its own.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        default: Vec<T>,
        mut read: impl FnMut(&str) -> Option<T>,
    ) -> Vec<T> {
        let entries = match self.take(key) {
            None => return default,
            Some(Entry { value: Value::List(list), .. }) => list,
            // A variable may give the only one without brackets.
            Some(entry) if entry.raw.is_some() => vec![entry],
            Some(entry) => {
                self.wrong(key, &entry, "a list in brackets");
                return default;
            }
        };
        let mut values = Vec::new();
        for entry in &entries {
            match text_of(entry).and_then(&mut read) {
                Some(value) => values.push(value),
                None => self.wrong(key, entry, allowed),
            }
        }
        values
    }

    /// The name of something that is known, such as a contact; one near it is named.
    pub(super) fn known<T: Clone>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        things: &BTreeMap<String, T>,
    ) -> Option<T> {
        let entry = self.take(key)?;
        self.look_up(key, &entry, allowed, things)
    }

    /// A list of names of things that are known; `None` where the key is not given.
    pub(super) fn all_known<T: Clone>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        things: &BTreeMap<String, T>,
    ) -> Option<Vec<T>> {
        match self.take(key)? {
            Entry { value: Value::List(list), .. } => {
                Some(list.iter().filter_map(|entry| self.look_up(key, entry, allowed, things)).collect())
            }
            entry => {
                self.wrong(key, &entry, "a list in brackets");
                Some(Vec::new())
            }
        }
    }

    fn look_up<T: Clone>(
        &self,
        key: &str,
        entry: &Entry,
        allowed: &'static str,
        things: &BTreeMap<String, T>,
    ) -> Option<T> {
        let found = text_of(entry).and_then(|name| things.get(name)).cloned();
        if found.is_none() {
            let kind = FaultKind::NotAllowed(allowed);
            let mut fault = SettingFault::new(entry.place.clone(), &self.full(key), &entry.value.shown(), kind);
            fault.did_you_mean = text_of(entry).and_then(|name| nearest(name, things.keys().map(String::as_str)));
            self.faults.borrow_mut().push(fault);
        }
        found
    }

    /// How many faults have been found so far: whether reading a key found one.
    pub(super) fn fault_count(&self) -> usize {
        self.faults.borrow().len()
    }

    /// Reports a fault of a key.
    pub(super) fn fault(&self, place: &Place, key: &str, value: &str, kind: FaultKind) {
        let key = if key.is_empty() { self.path.clone() } else { self.full(key) };
        self.faults.borrow_mut().push(SettingFault::new(place.clone(), &key, value, kind));
    }

    /// Reports every key that nobody asked for.
    pub(super) fn done(self) {
        let mut faults = self.faults.borrow_mut();
        for (key, entry) in &self.entries {
            let mut fault = SettingFault::new(entry.place.clone(), &self.full(key), "", FaultKind::UnknownKey);
            fault.did_you_mean = nearest(key, self.known.iter().copied());
            faults.push(fault);
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Entry> {
        self.known.push(key);
        self.entries.remove(key)
    }

    fn wrong(&self, key: &str, entry: &Entry, allowed: &'static str) {
        self.fault(&entry.place, key, &entry.value.shown(), FaultKind::NotAllowed(allowed));
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// The text of an entry; what a variable holds is text, also where it looks like a number.
fn text_of(entry: &Entry) -> Option<&str> {
    match &entry.value {
        Value::Text(text) => Some(text),
        Value::List(_) | Value::Table(_) => None,
        _ => entry.raw.as_deref(),
    }
}
