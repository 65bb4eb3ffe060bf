//! A review: how the town stands and what became of it since the last one, told each day or each week.

use std::sync::Arc;

use super::Incident;
use crate::model::{CameraId, Span, Time};

/// Incidents of each sort that a review holds at most; beyond that they are counted.
pub const MAX_REVIEWED: usize = 50;
/// Cameras that were out for longest, of which a review speaks.
pub const MAX_WORST: usize = 5;

/// How often a review is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReviewEvery {
    /// Each day.
    Day,
    /// Each week, on Monday.
    Week,
}

/// A camera that was out.
#[derive(Clone, PartialEq, Debug)]
pub struct OftenOut {
    /// Which.
    pub camera: CameraId,
    /// For how long in all.
    pub out: Span,
    /// Its share of the time in which something was known of it, 0 to 1, in which it was available.
    pub available: f64,
}

/// What a review tells.
#[derive(Clone, PartialEq, Debug)]
pub struct Review {
    /// How often.
    pub every: ReviewEvery,
    /// The stretch of time that it looks back on.
    pub from: Time,
    /// Its end.
    pub to: Time,
    /// Incidents that people were told of and that go on; at most [`MAX_REVIEWED`].
    pub open: Vec<Arc<Incident>>,
    /// How many there are in all.
    pub open_in_all: usize,
    /// Incidents that were over within that time; at most [`MAX_REVIEWED`], the latest.
    pub mended: Vec<Arc<Incident>>,
    /// How many there are in all.
    pub mended_in_all: usize,
    /// The share of the time in which something was known, over all cameras, in which they were available; `None` where
    /// nothing was known.
    pub available: Option<f64>,
    /// Those that were out for longest, the worst first; at most [`MAX_WORST`].
    pub worst: Vec<OftenOut>,
}
