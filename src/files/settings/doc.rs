//! The settings as a tree with places: the TOML document, and the environment laid over it before anything is read,
//! so that a fault names the line or the variable it comes from.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::fault::{FaultKind, Place, SettingFault};

/// What a variable that overrides a setting begins with.
const PREFIX: &str = "CUNKOU__";

/// Settings are written by hand; a larger file is a mistake, and is not read.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// Nested deeper than this there is no setting.
const MAX_DEPTH: usize = 8;

/// A value and where it stands. No `Debug`: it may hold a secret.
pub(super) struct Entry {
    pub(super) place: Place,
    /// The text of a variable, as it stands in the environment.
    pub(super) raw: Option<String>,
    pub(super) value: Value,
}

/// A value of the document.
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Entry>),
    Table(BTreeMap<String, Entry>),
    /// A date, or a number that does not fit: nothing that any setting takes.
    Other(String),
}

impl Value {
    /// The value as a fault shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Value::Text(t) => format!("{t:?}"),
            Value::Integer(n) => n.to_string(),
            Value::Float(x) => x.to_string(),
            Value::Boolean(b) => b.to_string(),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            Value::Other(t) => t.clone(),
        }
    }
}

/// Reads the document and lays the variables over it.
///
/// # Errors
/// Every place where the text is no TOML; nothing else is looked at then, since what stands behind a broken line may
/// not be what was meant.
pub(super) fn tree(
    text: &str,
    env: impl IntoIterator<Item = (String, String)>,
    faults: &mut Vec<SettingFault>,
) -> Option<Entry> {
    if text.len() > MAX_BYTES {
        faults.push(SettingFault::whole(FaultKind::TooLarge));
        return None;
    }
    let lines = Lines::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        faults.extend(errors.iter().map(|e| {
            let line = lines.of(e.span().map_or(0, |s| s.start));
            SettingFault::new(Place::Line(line), "", "", FaultKind::Syntax(e.message().to_owned()))
        }));
        return None;
    }
    let mut root = Entry { place: Place::Line(1), raw: None, value: Value::Table(from_table(table.get_ref(), &lines)) };
    let mut overrides: Vec<(String, String)> = env.into_iter().filter(|(k, _)| k.starts_with(PREFIX)).collect();
    overrides.sort();
    for (name, raw) in overrides {
        lay_over(&mut root, &name, &raw, faults);
    }
    Some(root)
}

/// Byte offsets to line numbers.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Lines {
        Lines(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i).collect())
    }

    fn of(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|newline| *newline < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

fn from_table(table: &DeTable<'_>, lines: &Lines) -> BTreeMap<String, Entry> {
    table
        .iter()
        .map(|(key, value)| {
            let line = lines.of(key.span().start);
            (key.get_ref().to_string(), from_value(value, Place::Line(line), lines))
        })
        .collect()
}

fn from_array(array: &DeArray<'_>, lines: &Lines) -> Vec<Entry> {
    array.iter().map(|v| from_value(v, Place::Line(lines.of(v.span().start)), lines)).collect()
}

fn from_value(value: &Spanned<DeValue<'_>>, place: Place, lines: &Lines) -> Entry {
    let value = match value.get_ref() {
        DeValue::String(s) => Value::Text(s.to_string()),
        DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
            Ok(n) => Value::Integer(n),
            Err(_) => Value::Other(n.to_string()),
        },
        DeValue::Float(x) => match x.as_str().parse::<f64>() {
            Ok(x) if x.is_finite() => Value::Float(x),
            _ => Value::Other(x.to_string()),
        },
        DeValue::Boolean(b) => Value::Boolean(*b),
        DeValue::Datetime(d) => Value::Other(d.to_string()),
        DeValue::Array(a) => Value::List(from_array(a, lines)),
        DeValue::Table(t) => Value::Table(from_table(t, lines)),
    };
    Entry { place, raw: None, value }
}

/// Puts one variable into the tree: `CUNKOU__HTTP__LISTEN` is `http.listen`, `CUNKOU__SINK__0__URL` the first sink's.
fn lay_over(root: &mut Entry, name: &str, raw: &str, faults: &mut Vec<SettingFault>) {
    let place = Place::Variable(name.to_owned());
    let path: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_ascii_lowercase).collect();
    let key = path.join(".");
    if path.len() > MAX_DEPTH || path.iter().any(String::is_empty) || !put(root, &path, &place, raw) {
        faults.push(SettingFault::new(place, &key, "", FaultKind::NoSuchPlace));
    }
}

/// Walks down, making tables on the way; `false` where the path leads through something that is neither table nor list.
fn put(here: &mut Entry, path: &[String], place: &Place, raw: &str) -> bool {
    let Some((first, rest)) = path.split_first() else {
        *here = Entry { place: place.clone(), raw: Some(raw.to_owned()), value: guess(raw) };
        return true;
    };
    let fresh = || Entry { place: place.clone(), raw: None, value: Value::Table(BTreeMap::new()) };
    match &mut here.value {
        Value::Table(table) if first == "sink" || first == "token" => {
            let list = table.entry(first.clone()).or_insert_with(|| Entry {
                place: place.clone(),
                raw: None,
                value: Value::List(Vec::new()),
            });
            put(list, rest, place, raw)
        }
        Value::Table(table) => put(table.entry(first.clone()).or_insert_with(fresh), rest, place, raw),
        Value::List(list) => {
            let Ok(i) = first.parse::<usize>() else { return false };
            if i == list.len() {
                list.push(fresh());
            }
            list.get_mut(i).is_some_and(|entry| put(entry, rest, place, raw))
        }
        _ => false,
    }
}

/// A variable's text as a value: what TOML reads in it, else the text itself.
fn guess(raw: &str) -> Value {
    match DeValue::parse(raw) {
        Ok(value) => from_value(&value, Place::Line(1), &Lines::new("")).value,
        Err(_) => Value::Text(raw.to_owned()),
    }
}
