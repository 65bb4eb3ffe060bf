//! The few things every statement needs: values to bind, many rows in one statement, cells of a row, a deadline.
//!
//! Placeholders are `$n` and written here, because sqlx's `QueryBuilder<Any>` writes `?`, which PostgreSQL refuses.

use std::fmt::Write as _;
use std::future::Future;
use std::time::Duration;

use cunkou_core::model::{IncidentId, Time};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, SqlSafeStr};

use super::StoreError;

/// Parameters of one statement at most. SQLite finds the name of each `$n` by going through all before it, so the cost
/// of a statement grows with their square; below this number it is less than that of sending one more.
const PLACES_A_STATEMENT: usize = 256;

/// A value to bind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(Some(n))
    }
}
impl From<u32> for Value {
    fn from(n: u32) -> Value {
        Value::Int(Some(i64::from(n)))
    }
}
impl From<u64> for Value {
    /// Counters of this program stay far below 2^63; a larger one saturates.
    fn from(n: u64) -> Value {
        Value::Int(Some(i64::try_from(n).unwrap_or(i64::MAX)))
    }
}
impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Int(Some(i64::from(b)))
    }
}
impl From<Time> for Value {
    fn from(t: Time) -> Value {
        Value::Int(Some(t.millis()))
    }
}
impl From<Option<Time>> for Value {
    fn from(t: Option<Time>) -> Value {
        Value::Int(t.map(Time::millis))
    }
}
impl From<IncidentId> for Value {
    fn from(id: IncidentId) -> Value {
        id.0.into()
    }
}
impl From<Option<IncidentId>> for Value {
    fn from(id: Option<IncidentId>) -> Value {
        id.map_or(Value::Int(None), Value::from)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(Some(text.to_owned()))
    }
}
impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Some(text))
    }
}
impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Value {
        Value::Text(text)
    }
}

/// Binds a row of values.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::Value::from($value)),*] };
}
pub(super) use values;

/// One row of values.
pub(super) type Values = Vec<Value>;

/// Rows, each made when it is needed.
pub(super) type Rows<'r> = Box<dyn Iterator<Item = Values> + Send + 'r>;

/// `INSERT` of many rows: `head VALUES ($1, …), … tail`.
pub(super) struct Insert {
    /// Up to and without `VALUES`.
    pub(super) head: &'static str,
    /// Columns.
    pub(super) columns: usize,
    /// What to do when a row is there already.
    pub(super) tail: &'static str,
}

/// A connection in use, with the deadline of its statements.
pub(super) struct Link<'c> {
    pub(super) conn: &'c mut AnyConnection,
    pub(super) deadline: Option<Duration>,
}

impl Link<'_> {
    /// Runs a statement; gives the number of rows it touched.
    pub(super) async fn run(&mut self, sql: impl SqlSafeStr, values: Values) -> Result<u64, StoreError> {
        let done = bound(sqlx::query(sql), values).execute(&mut *self.conn);
        within(self.deadline, done).await.map(|r| r.rows_affected())
    }

    /// Asks; every query of this room bounds its rows.
    pub(super) async fn rows(&mut self, sql: impl SqlSafeStr, values: Values) -> Result<Vec<AnyRow>, StoreError> {
        let done = bound(sqlx::query(sql), values).fetch_all(&mut *self.conn);
        within(self.deadline, done).await
    }

    /// Asks for at most one row.
    pub(super) async fn row(&mut self, sql: impl SqlSafeStr, values: Values) -> Result<Option<AnyRow>, StoreError> {
        let done = bound(sqlx::query(sql), values).fetch_optional(&mut *self.conn);
        within(self.deadline, done).await
    }

    /// Inserts many rows. The rows are cut into powers of two, so that few statements need to be prepared; only those of
    /// one statement are made at a time, since the first registry of a large town is a million of them.
    pub(super) async fn put(&mut self, insert: &Insert, mut rows: Rows<'_>) -> Result<(), StoreError> {
        loop {
            let some: Vec<Values> = rows.by_ref().take(chunk(usize::MAX, insert.columns)).collect();
            if some.is_empty() {
                return Ok(());
            }
            let mut some = some.into_iter();
            while some.len() > 0 {
                let n = chunk(some.len(), insert.columns);
                let sql = format!("{} VALUES {} {}", insert.head, places(n, insert.columns), insert.tail);
                let values: Values = some.by_ref().take(n).flatten().collect();
                debug_assert_eq!(values.len(), n * insert.columns, "{}", insert.head);
                self.run(AssertSqlSafe(sql), values).await?;
            }
        }
    }

    /// Runs `head (($1, …), …) tail` for many keys, in the same chunks.
    pub(super) async fn for_keys(
        &mut self,
        (head, tail): (&'static str, &'static str),
        columns: usize,
        keys: Vec<Values>,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let mut found = Vec::new();
        let mut keys = keys.into_iter();
        while keys.len() > 0 {
            let n = chunk(keys.len(), columns);
            let sql = format!("{head} (VALUES {}) {tail}", places(n, columns));
            let values: Values = keys.by_ref().take(n).flatten().collect();
            found.append(&mut self.rows(AssertSqlSafe(sql), values).await?);
        }
        Ok(found)
    }
}

/// Rows of the next statement: the largest power of two that is not above `left` and keeps to [`PLACES_A_STATEMENT`].
fn chunk(left: usize, columns: usize) -> usize {
    let most = left.min(PLACES_A_STATEMENT / columns.max(1)).max(1);
    1 << (usize::BITS - 1 - most.leading_zeros())
}

/// `($1, $2), ($3, $4)`.
fn places(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}${}", row * columns + column + 1);
        }
        text.push(')');
    }
    text
}

fn bound<'q>(query: Query<'q, Any, AnyArguments>, values: Values) -> Query<'q, Any, AnyArguments> {
    values.into_iter().fold(query, |q, value| match value {
        Value::Int(n) => q.bind(n),
        Value::Text(t) => q.bind(t),
    })
}

/// A future of the database with a deadline (sqlx sets none, and a server that vanishes would hang us for minutes).
pub(super) async fn within<T>(
    deadline: Option<Duration>,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match deadline {
        None => Ok(work.await?),
        Some(limit) => match tokio::time::timeout(limit, work).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(StoreError::Deadline(limit)),
        },
    }
}

/// A query whose conditions are put together from fixed texts.
pub(super) struct Select {
    sql: String,
    values: Values,
}

impl Select {
    /// Begins with everything up to and without the first condition.
    pub(super) fn new(head: &'static str) -> Select {
        Select { sql: format!("{head} WHERE 1 = 1"), values: Vec::new() }
    }

    /// Adds a condition that ends before its value: `"at_ms <= "`.
    pub(super) fn and(mut self, condition: &'static str, value: impl Into<Value>) -> Select {
        self.values.push(value.into());
        // Writing to a String cannot fail.
        let _ = write!(self.sql, " AND {condition} ${}", self.values.len());
        self
    }

    /// The same, where there is a value.
    pub(super) fn and_some(self, condition: &'static str, value: Option<impl Into<Value>>) -> Select {
        match value {
            Some(value) => self.and(condition, value),
            None => self,
        }
    }

    /// Adds a condition that takes one of several words.
    pub(super) fn and_in(mut self, column: &'static str, words: &[&'static str]) -> Select {
        if words.is_empty() {
            return self;
        }
        let first = self.values.len() + 1;
        let places: Vec<String> = (first..first + words.len()).map(|n| format!("${n}")).collect();
        // Writing to a String cannot fail.
        let _ = write!(self.sql, " AND {column} IN ({})", places.join(", "));
        self.values.extend(words.iter().map(|w| Value::from(*w)));
        self
    }

    /// Adds the condition that a column holds a text, as it is written.
    pub(super) fn and_contains(mut self, column: &'static str, text: &str) -> Select {
        let plain = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        self.values.push(format!("%{plain}%").into());
        // Writing to a String cannot fail.
        let _ = write!(self.sql, " AND {column} LIKE ${} ESCAPE '\\'", self.values.len());
        self
    }

    /// Ends with an order and a limit, and asks.
    pub(super) async fn ask(
        mut self,
        link: &mut Link<'_>,
        order: &'static str,
        limit: u32,
    ) -> Result<Vec<AnyRow>, StoreError> {
        self.values.push(limit.into());
        // Writing to a String cannot fail.
        let _ = write!(self.sql, " ORDER BY {order} LIMIT ${}", self.values.len());
        link.rows(AssertSqlSafe(self.sql), self.values).await
    }
}

/// The cells of a row, by column.
pub(super) trait Cells {
    fn int(&self, column: &str) -> Result<i64, StoreError>;
    fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError>;
    fn text(&self, column: &str) -> Result<String, StoreError>;
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError>;

    /// A number that is never negative; what is negative all the same becomes 0.
    fn count(&self, column: &str) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.int(column)?).unwrap_or(0))
    }

    /// A number that fits into 32 bits; what does not fit saturates.
    fn small(&self, column: &str) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.count(column)?).unwrap_or(u32::MAX))
    }

    /// A moment.
    fn time(&self, column: &str) -> Result<Time, StoreError> {
        self.int(column).map(Time)
    }

    /// A moment that may be missing.
    fn maybe_time(&self, column: &str) -> Result<Option<Time>, StoreError> {
        Ok(self.maybe_int(column)?.map(Time))
    }
}

impl Cells for AnyRow {
    fn int(&self, column: &str) -> Result<i64, StoreError> {
        Ok(self.try_get(column)?)
    }
    fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }
    fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_powers_of_two() {
        let cut = |mut left: usize, columns: usize| {
            let mut sizes = Vec::new();
            while left > 0 {
                sizes.push(chunk(left, columns));
                left -= chunk(left, columns);
            }
            sizes
        };
        assert_eq!(cut(0, 2), [0; 0]);
        assert_eq!(cut(1, 2), [1]);
        assert_eq!(cut(7, 2), [4, 2, 1]);
        assert_eq!(cut(300, 2), [128, 128, 32, 8, 4]);
        assert_eq!(cut(40, 14), [16, 16, 8], "few places a statement: they cost their square");
        assert_eq!(cut(2, 1_000), [1, 1]);
        assert_eq!(places(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
