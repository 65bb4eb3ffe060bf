//! Figures an hour, camera and check: what availability and round trips are reckoned from later.

use std::collections::BTreeMap;

use cunkou_core::model::{CameraId, Check, Span, Time};

use super::rows::{RowFault, word};
use super::sql::{Cells, Insert, Link, Select, Value, values};
use super::{Store, StoreError};

/// Buckets of round trips: logarithmic, so that they add up over days and villages.
pub const RTT_BUCKETS: usize = 12;

/// What was counted of one camera and check in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourlyRow {
    /// Hours since 1970-01-01 UTC.
    pub hour: i64,
    /// The camera.
    pub camera: CameraId,
    /// Reach or stream.
    pub check: Check,
    /// Probes.
    pub probes: u64,
    /// Of these, failures.
    pub failures: u64,
    /// Round trips by [`rtt_bucket`].
    pub rtt: [u64; RTT_BUCKETS],
}

/// The hour of a moment, in hours since 1970-01-01 UTC.
#[must_use]
pub const fn hour_of(at: Time) -> i64 {
    at.millis().div_euclid(3_600_000)
}

/// The bucket of a round trip: 0 up to 1 ms, 1 up to 2 ms, 2 up to 4 ms, … 10 up to 1 024 ms, 11 above.
#[must_use]
pub fn rtt_bucket(rtt: Span) -> usize {
    let millis = rtt.as_millis().max(1).unsigned_abs();
    let power = millis.next_power_of_two().trailing_zeros() as usize;
    power.min(RTT_BUCKETS - 1)
}

const HOURLY: Insert = Insert {
    head: "INSERT INTO hourly (hour, camera, asked, probes, failures, \
           r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11)",
    columns: 5 + RTT_BUCKETS,
    tail: "ON CONFLICT (hour, camera, asked) DO UPDATE SET probes = hourly.probes + excluded.probes, \
           failures = hourly.failures + excluded.failures, r0 = hourly.r0 + excluded.r0, \
           r1 = hourly.r1 + excluded.r1, r2 = hourly.r2 + excluded.r2, r3 = hourly.r3 + excluded.r3, \
           r4 = hourly.r4 + excluded.r4, r5 = hourly.r5 + excluded.r5, r6 = hourly.r6 + excluded.r6, \
           r7 = hourly.r7 + excluded.r7, r8 = hourly.r8 + excluded.r8, r9 = hourly.r9 + excluded.r9, \
           r10 = hourly.r10 + excluded.r10, r11 = hourly.r11 + excluded.r11",
};

/// Columns of the buckets, in order.
const BUCKETS: [&str; RTT_BUCKETS] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11"];

/// Adds figures, as part of a batch.
pub(super) async fn put_hourly(link: &mut Link<'_>, rows: &[HourlyRow]) -> Result<(), StoreError> {
    // One statement may touch a row only once (PostgreSQL).
    let mut sums: BTreeMap<(i64, &CameraId, Check), HourlyRow> = BTreeMap::new();
    for row in rows {
        let key = (row.hour, &row.camera, row.check);
        sums.entry(key).and_modify(|sum| sum.add(row)).or_insert_with(|| row.clone());
    }
    let values = sums.into_values().map(|r| {
        let mut values = values![r.hour, r.camera.as_str(), r.check.word(), r.probes, r.failures];
        values.extend(r.rtt.map(Value::from));
        values
    });
    link.put(&HOURLY, values.collect()).await
}

impl HourlyRow {
    fn add(&mut self, other: &HourlyRow) {
        self.probes += other.probes;
        self.failures += other.failures;
        self.rtt.iter_mut().zip(other.rtt).for_each(|(sum, n)| *sum += n);
    }
}

impl Store {
    /// Figures of the hours from `from` and before `to`, of one camera or of all; sorted by hour, camera and check, at
    /// most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn hourly(
        &self,
        (from, to): (i64, i64),
        camera: Option<&str>,
        limit: u32,
    ) -> Result<Vec<HourlyRow>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let head = "SELECT hour, camera, asked, probes, failures, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11 \
                    FROM hourly";
        let select = Select::new(head).and("hour >=", from).and("hour <", to).and_some("camera =", camera);
        let rows = select.ask(&mut reader.link()?, "hour, camera, asked", limit).await?;
        rows.iter()
            .map(|row| {
                let mut rtt = [0; RTT_BUCKETS];
                for (n, column) in rtt.iter_mut().zip(BUCKETS) {
                    *n = row.count(column)?;
                }
                let fault = |e: RowFault| e.of("hourly");
                Ok(HourlyRow {
                    hour: row.int("hour")?,
                    camera: CameraId::new(&row.text("camera")?).map_err(|e| fault(e.into()))?,
                    check: word(&row.text("asked")?, Check::from_word).map_err(fault)?,
                    probes: row.count("probes")?,
                    failures: row.count("failures")?,
                    rtt,
                })
            })
            .collect()
    }

    /// Forgets hourly figures before an hour and audit entries before a moment; gives the number of rows.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub async fn prune(&self, hourly_before: i64, audit_before: Time) -> Result<u64, StoreError> {
        let mut session = self.inner.connections.write().await?;
        let done = async {
            let mut link = session.link()?;
            let figures = link.run("DELETE FROM hourly WHERE hour < $1", values![hourly_before]).await?;
            let audit = link.run("DELETE FROM audit WHERE at_ms < $1", values![audit_before]).await?;
            Ok(figures + audit)
        };
        let done = done.await;
        session.finish(done).await
    }
}
