//! Figures by hour and by day, camera and check: what round trips and the shares of failures are reckoned from later.
//!
//! The engine's batches add to the hours of today. Once a day is over its hours are packed into one row a camera and
//! check, a few rows a transaction, so that no commit of the engine waits for long.

use std::collections::{BTreeMap, BTreeSet};

use cunkou_core::model::{CameraId, Check, Span, Time};
use sqlx::any::AnyRow;

use super::packed::{pack_hours, pack_rtt, unpack_hours, unpack_rtt};
use super::rows::{RowFault, word};
use super::sql::{Cells, Insert, Link, Select, Value, Values, values};
use super::{Store, StoreError};

/// Buckets of round trips: logarithmic, so that they add up over days and villages.
pub const RTT_BUCKETS: usize = 12;

/// What a day of one camera takes in the file, both checks, while its hours are kept: bytes (a test measures it).
pub const DAY_BYTES: u64 = 960;

/// Cameras and checks that are packed in one transaction: some milliseconds of work.
const STEP: usize = 32;

/// What was counted of one camera and check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// Probes.
    pub probes: u64,
    /// Of these, failures.
    pub failures: u64,
    /// Round trips by [`rtt_bucket`].
    pub rtt: [u64; RTT_BUCKETS],
}

/// What was counted of one camera and check in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourlyRow {
    /// Hours since 1970-01-01 UTC.
    pub hour: i64,
    /// The camera.
    pub camera: CameraId,
    /// Reach or stream.
    pub check: Check,
    /// The counts.
    pub sums: Sums,
}

/// What was counted of one camera and check in one day of UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyRow {
    /// Days since 1970-01-01 UTC.
    pub day: i64,
    /// The camera.
    pub camera: CameraId,
    /// Reach or stream.
    pub check: Check,
    /// The counts of the day.
    pub sums: Sums,
    /// The counts of its hours, as far as they are kept.
    pub hours: BTreeMap<u8, Sums>,
}

/// The hour of a moment, in hours since 1970-01-01 UTC.
#[must_use]
pub const fn hour_of(at: Time) -> i64 {
    at.millis().div_euclid(3_600_000)
}

/// The day of a moment, in days since 1970-01-01 UTC.
#[must_use]
pub const fn day_of(at: Time) -> i64 {
    at.millis().div_euclid(86_400_000)
}

/// The bucket of a round trip: 0 up to 1 ms, 1 up to 2 ms, 2 up to 4 ms, … 10 up to 1 024 ms, 11 above.
#[must_use]
pub fn rtt_bucket(rtt: Span) -> usize {
    let millis = rtt.as_millis().max(1).unsigned_abs();
    let power = millis.next_power_of_two().trailing_zeros() as usize;
    power.min(RTT_BUCKETS - 1)
}

impl Sums {
    /// Adds others.
    pub fn add(&mut self, other: &Sums) {
        self.probes = self.probes.saturating_add(other.probes);
        self.failures = self.failures.saturating_add(other.failures);
        self.rtt.iter_mut().zip(other.rtt).for_each(|(sum, n)| *sum = sum.saturating_add(n));
    }
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

const DAILY: Insert = Insert {
    head: "INSERT INTO daily (day, camera, asked, probes, failures, rtt, hours)",
    columns: 7,
    tail: "ON CONFLICT (day, camera, asked) DO UPDATE SET probes = excluded.probes, failures = excluded.failures, \
           rtt = excluded.rtt, hours = excluded.hours",
};

/// Columns of the buckets, in order.
const BUCKETS: [&str; RTT_BUCKETS] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11"];

/// Adds figures, as part of a batch.
pub(super) async fn put_hourly(link: &mut Link<'_>, rows: &[HourlyRow]) -> Result<(), StoreError> {
    // One statement may touch a row only once (PostgreSQL).
    let mut sums: BTreeMap<(i64, &CameraId, Check), Sums> = BTreeMap::new();
    for row in rows {
        sums.entry((row.hour, &row.camera, row.check)).or_default().add(&row.sums);
    }
    let values = sums.into_iter().map(|((hour, camera, check), s)| {
        let mut values = values![hour, camera.as_str(), check.word(), s.probes, s.failures];
        values.extend(s.rtt.map(Value::from));
        values
    });
    link.put(&HOURLY, Box::new(values)).await
}

fn hourly_row(row: &AnyRow) -> Result<HourlyRow, StoreError> {
    let mut rtt = [0; RTT_BUCKETS];
    for (n, column) in rtt.iter_mut().zip(BUCKETS) {
        *n = row.count(column)?;
    }
    let (camera, check) = camera_and_check(row, "hourly")?;
    let sums = Sums { probes: row.count("probes")?, failures: row.count("failures")?, rtt };
    Ok(HourlyRow { hour: row.int("hour")?, camera, check, sums })
}

fn daily_row(row: &AnyRow) -> Result<DailyRow, StoreError> {
    let (camera, check) = camera_and_check(row, "daily")?;
    let broken = || StoreError::Content { table: "daily", what: "figures are not as they are packed".to_owned() };
    let rtt = unpack_rtt(&row.text("rtt")?).ok_or_else(broken)?;
    let hours = row.maybe_text("hours")?.map_or(Some(BTreeMap::new()), |text| unpack_hours(&text));
    let sums = Sums { probes: row.count("probes")?, failures: row.count("failures")?, rtt };
    Ok(DailyRow { day: row.int("day")?, camera, check, sums, hours: hours.ok_or_else(broken)? })
}

fn camera_and_check(row: &AnyRow, table: &'static str) -> Result<(CameraId, Check), StoreError> {
    let fault = |e: RowFault| e.of(table);
    let camera = CameraId::new(&row.text("camera")?).map_err(|e| fault(e.into()))?;
    Ok((camera, word(&row.text("asked")?, Check::from_word).map_err(fault)?))
}

impl Store {
    /// Figures of the hours from `from` and before `to`, of one camera or of all, of days that are not packed yet;
    /// sorted by hour, camera and check, at most `limit`.
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
        rows.iter().map(hourly_row).collect()
    }

    /// Figures of the packed days from `from` and before `to`, of one camera or of all; sorted by day, camera and
    /// check, at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn daily(
        &self,
        (from, to): (i64, i64),
        camera: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DailyRow>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let head = "SELECT day, camera, asked, probes, failures, rtt, hours FROM daily";
        let select = Select::new(head).and("day >=", from).and("day <", to).and_some("camera =", camera);
        let rows = select.ask(&mut reader.link()?, "day, camera, asked", limit).await?;
        rows.iter().map(daily_row).collect()
    }

    /// Packs some of the hours of the oldest day before `before` that has any; gives the rows that went into it, 0 when
    /// there is nothing to pack. One short transaction: whoever calls it again lets others write in between.
    ///
    /// # Errors
    /// When that cannot be read or kept; nothing is lost then.
    pub async fn pack_some(&self, before: i64) -> Result<u64, StoreError> {
        let Some((day, keys)) = self.unpacked(before).await? else { return Ok(0) };
        let mut session = self.inner.connections.write().await?;
        let done = async { pack(&mut session.link()?, day, &keys).await };
        let done = done.await;
        session.finish(done).await
    }

    /// The oldest day before `before` with hours, and some of the cameras and checks that have them.
    async fn unpacked(&self, before: i64) -> Result<Option<(i64, Vec<(String, String)>)>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let mut link = reader.link()?;
        let oldest = "SELECT hour FROM hourly WHERE hour < $1 ORDER BY hour LIMIT 1";
        let Some(row) = link.row(oldest, values![before.saturating_mul(24)]).await? else { return Ok(None) };
        let hour = row.int("hour")?;
        let some = "SELECT camera, asked FROM hourly WHERE hour = $1 ORDER BY camera, asked LIMIT $2";
        let rows = link.rows(some, values![hour, u32::try_from(STEP).unwrap_or(u32::MAX)]).await?;
        let keys: Result<BTreeSet<_>, StoreError> =
            rows.iter().map(|row| Ok((row.text("camera")?, row.text("asked")?))).collect();
        Ok(Some((hour.div_euclid(24), keys?.into_iter().collect())))
    }

    /// Forgets the hours of some days before `hours_before`, whose own figures stay, and some audit entries before a
    /// moment; gives the rows it touched, 0 when nothing is left to forget. One short transaction.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub async fn forget_some(&self, hours_before: i64, audit_before: Time) -> Result<u64, StoreError> {
        const SOME: u32 = 512;
        let oldest = {
            let mut reader = self.inner.connections.read().await?;
            let sql = "SELECT day FROM daily WHERE day < $1 AND hours IS NOT NULL ORDER BY day LIMIT 1";
            let row = reader.link()?.row(sql, values![hours_before]).await?;
            row.map(|row| row.int("day")).transpose()?
        };
        let mut session = self.inner.connections.write().await?;
        let done = async {
            let mut link = session.link()?;
            let mut touched = 0;
            if let Some(day) = oldest {
                let sql = "UPDATE daily SET hours = NULL WHERE (day, camera, asked) IN (SELECT day, camera, asked \
                           FROM daily WHERE day = $1 AND hours IS NOT NULL ORDER BY camera, asked LIMIT $2)";
                touched += link.run(sql, values![day, SOME]).await?;
            }
            let sql = "DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at_ms < $1 ORDER BY seq LIMIT $2)";
            Ok(touched + link.run(sql, values![audit_before, SOME]).await?)
        };
        let done = done.await;
        session.finish(done).await
    }
}

/// Packs all hours of a day of some cameras and checks, added to what is packed of that day already.
async fn pack(link: &mut Link<'_>, day: i64, keys: &[(String, String)]) -> Result<u64, StoreError> {
    let of_hours = keys.iter().flat_map(|(camera, asked)| {
        (day * 24..day * 24 + 24).map(move |hour| values![hour, camera.as_str(), asked.as_str()])
    });
    let of_hours: Vec<Values> = of_hours.collect();
    let of_days: Vec<Values> = keys.iter().map(|(c, a)| values![day, c.as_str(), a.as_str()]).collect();
    let hourly = "SELECT hour, camera, asked, probes, failures, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11 \
                  FROM hourly WHERE (hour, camera, asked) IN";
    let hourly = link.for_keys((hourly, ""), 3, of_hours.clone()).await?;
    let daily = "SELECT day, camera, asked, probes, failures, rtt, hours FROM daily WHERE (day, camera, asked) IN";
    let daily = link.for_keys((daily, ""), 3, of_days).await?;
    let mut days: BTreeMap<(CameraId, Check), DailyRow> = BTreeMap::new();
    for row in &daily {
        let row = daily_row(row)?;
        days.insert((row.camera.clone(), row.check), row);
    }
    for row in &hourly {
        let row = hourly_row(row)?;
        let new = || DailyRow {
            day,
            camera: row.camera.clone(),
            check: row.check,
            sums: Sums::default(),
            hours: BTreeMap::new(),
        };
        let of_day = days.entry((row.camera.clone(), row.check)).or_insert_with(new);
        of_day.sums.add(&row.sums);
        let hour = u8::try_from(row.hour.rem_euclid(24)).unwrap_or(0);
        of_day.hours.entry(hour).or_default().add(&row.sums);
    }
    let rows = days.into_values().map(|d| {
        let (rtt, hours) = (pack_rtt(&d.sums.rtt), pack_hours(&d.hours));
        values![d.day, d.camera.as_str(), d.check.word(), d.sums.probes, d.sums.failures, rtt, hours]
    });
    link.put(&DAILY, Box::new(rows)).await?;
    link.for_keys(("DELETE FROM hourly WHERE (hour, camera, asked) IN", ""), 3, of_hours).await?;
    Ok(hourly.len() as u64)
}
