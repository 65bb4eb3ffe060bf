//! Whether it is night: from date and position alone.
//!
//! Position of the sun by the low-accuracy method of Jean Meeus, Astronomical Algorithms (2nd ed., 1998), chapters 12
//! (sidereal time), 13 (altitude) and 25 (0.01°), on which NOAA's solar calculator rests too. Against an ephemeris
//! the moments of civil twilight agree within 5 s (tests below).

use crate::model::{Span, Time};
use crate::registry::LonLat;

/// Civil twilight ends when the centre of the sun stands so low, degrees, without refraction.
const CIVIL_DEG: f64 = -6.0;
/// 2000-01-01 12:00, the epoch J2000.0, as a [`Time`]. That its clock is a minute ahead of UTC moves the sun by less
/// than a thousandth of a degree.
const J2000_MS: i64 = 946_728_000_000;
/// Steps by which a change is looked for: a twilight that is shorter (days next to the polar night) may be passed over.
const STEP: Span = Span::minutes(10);
/// How far ahead a change is looked for, in steps: 400 days, beyond the longest polar day.
const HORIZON: i64 = 400 * 24 * 6;

/// Whether it is night: the sun's centre is below -6°.
#[must_use]
pub fn is_night(at: Time, place: LonLat) -> bool {
    altitude_deg(at, place) < CIVIL_DEG
}

/// The next moment, to the millisecond, from which on the answer of [`is_night`] is another one; always after `at`.
/// `None` where there is none within 400 days, or the place is no place on earth.
#[must_use]
pub fn next_change(at: Time, place: LonLat) -> Option<Time> {
    if !super::ground::is_place(place) {
        return None;
    }
    let now = is_night(at, place);
    let step = (1..=HORIZON).find(|n| is_night(at + STEP * *n, place) != now)?;
    Some(first_change(at + STEP * (step - 1), at + STEP * step, now, place))
}

/// The next moment after `at` from which on it is night.
#[must_use]
pub fn next_dusk(at: Time, place: LonLat) -> Option<Time> {
    let change = next_change(at, place)?;
    if is_night(change, place) { Some(change) } else { next_change(change, place) }
}

/// By halving: `same` has the answer `now`, `other` has not.
fn first_change(mut same: Time, mut other: Time, now: bool, place: LonLat) -> Time {
    while other - same > Span::millis(1) {
        let middle = same + Span::millis((other - same).as_millis() / 2);
        if is_night(middle, place) == now {
            same = middle;
        } else {
            other = middle;
        }
    }
    other
}

/// Altitude of the sun's centre, degrees, without refraction.
fn altitude_deg(at: Time, place: LonLat) -> f64 {
    let days = (at - Time(J2000_MS)).as_millis() as f64 / 86_400_000.0;
    let (right_ascension, declination) = sun(days / 36_525.0);
    let hour_angle = sidereal_deg(days).to_radians() + place.lon.to_radians() - right_ascension;
    let (sin_lat, cos_lat) = place.lat.to_radians().sin_cos();
    let (sin_dec, cos_dec) = declination.sin_cos();
    (sin_lat * sin_dec + cos_lat * cos_dec * hour_angle.cos()).clamp(-1.0, 1.0).asin().to_degrees()
}

/// Mean sidereal time at Greenwich, degrees (Meeus 12.4), so many days after J2000.0.
fn sidereal_deg(days: f64) -> f64 {
    (280.460_618_37 + 360.985_647_366_29 * days).rem_euclid(360.0)
}

/// Apparent right ascension and declination of the sun, radians (Meeus 25), so many Julian centuries after J2000.0.
fn sun(t: f64) -> (f64, f64) {
    let mean_longitude = 280.466_46 + t * (36_000.769_83 + t * 0.000_303_2);
    let anomaly = (357.529_11 + t * (35_999.050_29 - t * 0.000_153_7)).to_radians();
    let centre = anomaly.sin() * (1.914_602 - t * (0.004_817 + t * 0.000_014))
        + (2.0 * anomaly).sin() * (0.019_993 - t * 0.000_101)
        + (3.0 * anomaly).sin() * 0.000_289;
    let node = (125.04 - 1_934.136 * t).to_radians();
    let longitude = (mean_longitude + centre - 0.005_69 - 0.004_78 * node.sin()).to_radians();
    let obliquity = (23.439_291 - 0.013_004_2 * t + 0.002_56 * node.cos()).to_radians();
    let (sin, cos) = longitude.sin_cos();
    ((obliquity.cos() * sin).atan2(cos), (obliquity.sin() * sin).asin())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WUHAN: LonLat = LonLat { lon: 114.3, lat: 30.6 };
    const HARBIN: LonLat = LonLat { lon: 126.65, lat: 45.75 };
    const SYDNEY: LonLat = LonLat { lon: 151.21, lat: -33.87 };
    const QUITO: LonLat = LonLat { lon: -78.47, lat: -0.18 };
    const URUMQI: LonLat = LonLat { lon: 87.6, lat: 43.83 };
    const TROMSO: LonLat = LonLat { lon: 18.96, lat: 69.65 };
    const HOUR: i64 = 3_600_000;

    fn turns(place: LonLat, at: i64, night: bool, within_ms: i64) {
        let found = next_change(Time(at * 1_000 - 2 * HOUR), place).unwrap();
        let late = found.millis() - at * 1_000;
        assert!(late.abs() <= within_ms, "{place:?} {at}: {late} ms late");
        assert_eq!(is_night(found, place), night);
    }

    /// Dawn and dusk, seconds since 1970, by PyEphem (libastro: VSOP87), horizon -6°, no refraction.
    #[test]
    fn civil_twilight_as_an_ephemeris_has_it() {
        for (place, dawn, dusk) in [
            (WUHAN, 1_774_044_116, 1_774_004_279),
            (WUHAN, 1_782_075_192, 1_782_042_966),
            (WUHAN, 1_797_979_804, 1_797_933_168),
            (HARBIN, 1_774_040_750, 1_774_001_699),
            (HARBIN, 1_782_068_726, 1_782_043_503),
            (HARBIN, 1_797_979_057, 1_797_927_985),
            (SYDNEY, 1_774_035_228, 1_773_995_510),
            (SYDNEY, 1_782_073_946, 1_782_026_492),
            (SYDNEY, 1_797_963_147, 1_797_932_103),
        ] {
            turns(place, dawn, false, 5_000);
            turns(place, dusk, true, 5_000);
        }
    }

    /// The same by another hand: astral 3.2 (NOAA's formulas, with refraction), to the minute.
    #[test]
    fn civil_twilight_as_noaa_has_it() {
        for (place, dawn, dusk) in [
            (WUHAN, 1_709_245_479, 1_709_203_515),
            (WUHAN, 1_790_200_063, 1_790_160_177),
            (WUHAN, 2_069_615_677, 2_069_581_441),
            (URUMQI, 1_774_050_160, 1_774_011_032),
            (URUMQI, 1_797_901_648, 1_797_937_718),
            (QUITO, 1_774_004_226, 1_774_050_323),
            (QUITO, 1_782_038_976, 1_782_085_314),
        ] {
            turns(place, dawn, false, 60_000);
            turns(place, dusk, true, 60_000);
        }
    }

    #[test]
    fn noon_is_day_and_midnight_is_night() {
        let noon = Time(1_774_008_000_000 - 8 * HOUR);
        assert!(!is_night(noon, WUHAN) && is_night(noon + Span::hours(12), WUHAN));
        let dusk = next_dusk(noon, WUHAN).unwrap();
        assert_eq!(next_change(noon, WUHAN), Some(dusk), "by day the next change is dusk");
        let next = next_dusk(dusk, WUHAN).unwrap();
        assert!((next - dusk - Span::hours(24)).as_millis().abs() < 5 * 60_000, "a dusk a day");
    }

    #[test]
    fn the_polar_day_ends_and_no_place_has_no_dusk() {
        let june = Time(1_782_000_000_000);
        let dusk = next_change(june, TROMSO).unwrap();
        assert!(is_night(dusk, TROMSO) && dusk - june > Span::hours(24 * 30), "{}", dusk - june);
        for place in [LonLat { lon: f64::NAN, lat: 30.0 }, LonLat { lon: 114.0, lat: f64::INFINITY }] {
            assert_eq!((next_change(june, place), next_dusk(june, place)), (None, None));
        }
        assert_eq!(next_change(Time(i64::MAX), WUHAN), None, "at the end of time nothing changes any more");
    }

    proptest! {
        #[test]
        fn the_next_change_is_later_and_turns(
            at in 0..4_000_000_000_000_i64, lon in -180.0..180.0_f64, lat in -60.0..60.0_f64,
        ) {
            let (at, place) = (Time(at), LonLat { lon, lat });
            let change = next_change(at, place).unwrap();
            prop_assert!(change > at && change - at < Span::hours(24));
            prop_assert_ne!(is_night(change, place), is_night(at, place));
            prop_assert_eq!(is_night(change - Span::millis(1), place), is_night(at, place));
            let dusk = next_dusk(at, place).unwrap();
            prop_assert!(dusk >= change && is_night(dusk, place) && !is_night(dusk - Span::millis(1), place));
        }
    }
}
