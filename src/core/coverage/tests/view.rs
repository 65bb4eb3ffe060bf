//! Views: the numbers, the three verdicts, and that errors only ever make a verdict less sure.

use proptest::prelude::*;

use super::{HERE, camera, place};
use crate::coverage::{Limit, Policy, Verdict, View, view};
use crate::registry::{Azimuth, Camera, CameraKind, LonLat, NightLight};

use Verdict::{Maybe, No, Yes};

const DETECT: f64 = 25.0;

fn day(camera: &Camera, east: f64, north: f64) -> View {
    view(camera, place(east, north), DETECT, false).unwrap()
}

fn told(view: View) -> (Verdict, Option<Limit>) {
    (view.verdict, view.limit)
}

fn looking(degrees: f64, error: f64) -> Camera {
    Camera { azimuth: Some(Azimuth { degrees, error }), ..camera("C") }
}

#[test]
fn a_view_shows_every_number() {
    let seen = day(&camera("C"), 10.0, 20.0);
    assert_eq!(told(seen), (Yes, None));
    assert!((seen.distance_m - 22.36).abs() < 0.1, "{seen:?}");
    assert!((seen.bearing_deg.unwrap() - 26.57).abs() < 0.2, "{seen:?}");
    assert!((seen.off_axis_deg.unwrap() - seen.bearing_deg.unwrap()).abs() < 1e-9, "{seen:?}");
    // 1920 / (2 · 22.36 · tan 42°)
    assert!((seen.px_per_m.unwrap() - 47.7).abs() < 0.3, "{seen:?}");
}

#[test]
fn each_condition_can_be_the_one_that_fails() {
    let c = camera("C");
    assert_eq!(told(day(&c, 0.0, 101.0)), (No, Some(Limit::Range)));
    assert_eq!(told(day(&c, 0.0, 43.5)), (No, Some(Limit::Density)));
    assert_eq!(told(day(&c, 0.0, 42.0)), (Yes, None));
    assert_eq!(told(day(&c, 20.0, 0.0)), (No, Some(Limit::Field)));
    assert_eq!(told(day(&c, 0.0, -20.0)), (No, Some(Limit::Field)), "straight behind");
    let at_night = |c: &Camera, north| told(view(c, place(0.0, north), DETECT, true).unwrap());
    assert_eq!(at_night(&c, 29.0), (Yes, None));
    assert_eq!(at_night(&c, 31.0), (No, Some(Limit::Light)));
    let dark = Camera { night: NightLight::None, ..c.clone() };
    assert_eq!(at_night(&dark, 5.0), (No, Some(Limit::NoLight)));
    assert_eq!(told(day(&dark, 0.0, 5.0)), (Yes, None));
    let finer = |need| view(&c, place(0.0, 15.0), need, false).unwrap().verdict;
    assert_eq!([25.0, 62.5, 125.0, 250.0].map(finer), [Yes, Yes, No, No], "17.1 m at 62.5 px/m");
}

#[test]
fn what_the_register_does_not_say_is_at_best_maybe() {
    let c = camera("C");
    for (blank, limit) in [
        (Camera { azimuth: None, ..c.clone() }, Limit::AzimuthUnknown),
        (Camera { hfov: None, ..c.clone() }, Limit::FieldUnknown),
        (Camera { range_m: None, ..c.clone() }, Limit::RangeUnknown),
        (Camera { width_px: None, ..c.clone() }, Limit::WidthUnknown),
        (Camera { hfov: Some(f64::NAN), ..c.clone() }, Limit::FieldUnknown),
        (Camera { hfov: Some(-5.0), ..c.clone() }, Limit::FieldUnknown),
        (Camera { range_m: Some(0.0), ..c.clone() }, Limit::RangeUnknown),
        (Camera { width_px: Some(0), ..c.clone() }, Limit::WidthUnknown),
        (looking(f64::NAN, 0.0), Limit::AzimuthUnknown),
    ] {
        assert_eq!(told(day(&blank, 0.0, 20.0)), (Maybe, Some(limit)));
        let far = Camera { range_m: blank.range_m.map(|_| 10.0), ..blank.clone() };
        let verdict = day(&far, 0.0, 350.0).verdict;
        assert_eq!(verdict, No, "an unknown does not outweigh what is known: {limit:?}");
    }
    let unlit = Camera { night_range_m: None, ..c.clone() };
    assert_eq!(told(view(&unlit, place(0.0, 20.0), DETECT, true).unwrap()), (Maybe, Some(Limit::LightUnknown)));
    let nothing_known = Camera { azimuth: None, hfov: None, range_m: None, width_px: None, ..c.clone() };
    assert_eq!(day(&nothing_known, 0.0, -290.0).verdict, Maybe);
    assert_eq!(day(&nothing_known, 0.0, -310.0).verdict, No, "no camera may watch the whole town");
    assert_eq!(view(&Camera { at: None, ..c }, HERE, DETECT, false), None);
}

#[test]
fn azimuths_wrap() {
    for (azimuth, east, verdict) in [(350.0, 5.0, Yes), (350.0, -5.0, Yes), (10.0, -5.0, Yes), (359.9, 0.0, Yes)] {
        let seen = day(&looking(azimuth, 0.0), east, 20.0);
        assert_eq!(seen.verdict, verdict, "{azimuth} {east}");
        assert!(seen.off_axis_deg.unwrap() < 30.0);
    }
    let behind = day(&looking(1.0, 0.0), 0.0, -20.0);
    assert!((behind.off_axis_deg.unwrap() - 179.0).abs() < 0.1);
}

/// The eight directions of a register are good to 22.5°: 84° of field leave 39° that are sure, 129° that may be.
#[test]
fn an_eighth_of_the_compass() {
    let north = looking(0.0, 22.5);
    let at = |degrees: f64| day(&north, 20.0 * degrees.to_radians().sin(), 20.0 * degrees.to_radians().cos()).verdict;
    assert_eq!([0.0, 19.0, 20.0, 64.0, 65.0, 180.0].map(at), [Yes, Yes, Maybe, Maybe, No, No]);
    assert_eq!([-19.0, -20.0, -64.0, -65.0].map(at), [Yes, Maybe, Maybe, No]);
}

/// σ = 10 m: at 30 m atan(σ / d) = 18.43°, so of 42° to a side 23.57° are sure and 60.43° may be; of 100 m of range
/// (and a picture wide enough) 90 m are sure.
#[test]
fn an_error_of_the_position_narrows_and_shortens() {
    let wide = Camera { position_m: 10.0, width_px: Some(20_000), ..camera("C") };
    let at = |degrees: f64, metres: f64| {
        day(&wide, metres * degrees.to_radians().sin(), metres * degrees.to_radians().cos()).verdict
    };
    assert_eq!([23.0, 24.2, 60.0, 61.2].map(|degrees| at(degrees, 30.0)), [Yes, Maybe, Maybe, No]);
    assert_eq!([89.0, 91.0, 109.0, 111.0].map(|metres| at(0.0, metres)), [Yes, Maybe, Maybe, No]);
}

#[test]
fn under_the_pole_there_is_no_direction() {
    for position_m in [0.0, 10.0] {
        let seen = day(&Camera { position_m, ..camera("C") }, 0.0, 0.0);
        assert_eq!(told(seen), (Maybe, Some(Limit::Overhead)));
        assert_eq!((seen.bearing_deg, seen.off_axis_deg, seen.px_per_m), (None, None, None));
    }
    let dome = Camera { kind: CameraKind::Fisheye, azimuth: None, ..camera("C") };
    assert_eq!(told(day(&dome, 0.0, 0.0)), (Yes, None), "a dome looks down too");
}

#[test]
fn a_dome_looks_all_round() {
    let dome = Camera { kind: CameraKind::Fisheye, azimuth: None, hfov: None, width_px: Some(3_000), ..camera("C") };
    // 3000 px over 2π: 477 px at a metre, 25 px/m up to 19.1 m.
    assert_eq!([(0.0, 19.0), (0.0, -19.0), (19.0, 0.0)].map(|(e, n)| day(&dome, e, n).verdict), [Yes; 3]);
    assert_eq!(told(day(&dome, 0.0, 19.5)), (No, Some(Limit::Density)));
    let half = Camera { hfov: Some(180.0), ..dome };
    assert_eq!(day(&half, 0.0, 38.0).verdict, Yes, "180° on the same pixels reach twice as far");
}

#[test]
fn from_180_degrees_on_a_lens_is_not_flat() {
    let panorama = |hfov| Camera { hfov: Some(hfov), width_px: Some(4_000), ..camera("C") };
    assert_eq!(day(&panorama(180.0), 20.0, 0.1).verdict, Yes);
    assert_eq!(told(day(&panorama(180.0), 20.0, -1.0)), (No, Some(Limit::Field)));
    assert_eq!(day(&panorama(360.0), 0.0, -20.0).verdict, Yes);
    assert_eq!(
        day(&Camera { azimuth: None, ..panorama(360.0) }, 0.0, -20.0).verdict,
        Yes,
        "all round needs no azimuth"
    );
}

#[test]
fn a_ptz_counts_at_its_home_preset() {
    let ptz = Camera { kind: CameraKind::Ptz, ..camera("C") };
    assert_eq!(day(&ptz, 0.0, 20.0).verdict, Yes);
    assert_eq!(day(&ptz, 0.0, -20.0).verdict, No);
    assert_eq!(day(&Camera { azimuth: None, ..ptz }, 0.0, -20.0).verdict, Maybe);
}

#[test]
fn a_range_beyond_belief_is_cut() {
    let far = Camera { range_m: Some(1e12), width_px: Some(u32::MAX), ..camera("C") };
    assert_eq!(day(&far, 0.0, 1_990.0).verdict, Yes);
    assert_eq!(told(day(&far, 0.0, 2_020.0)), (No, Some(Limit::Range)));
}

prop_compose! {
    fn any_camera()(
        azimuth in prop::option::of((0.0..360.0_f64, 0.0..60.0_f64)),
        hfov in prop::option::of(1.0..400.0_f64),
        range_m in prop::option::of(1.0..300.0_f64),
        width_px in prop::option::of(200..4_000_u32),
        position_m in 0.0..60.0_f64,
        kind in prop::sample::select(CameraKind::ALL.to_vec()),
        night in prop::sample::select(NightLight::ALL.to_vec()),
        night_range_m in prop::option::of(1.0..300.0_f64),
    ) -> Camera {
        let azimuth = azimuth.map(|(degrees, error)| Azimuth { degrees, error });
        Camera { azimuth, hfov, range_m, width_px, position_m, kind, night, night_range_m, ..camera("C") }
    }
}

/// Every number that outside data can bring.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0])]
}

proptest! {
    /// Growing σ or δaz makes yes and no into maybe, and nothing else (coverage.md §2.2).
    #[test]
    fn errors_only_make_a_verdict_less_sure(
        c in any_camera(), east in -300.0..300.0_f64, north in -300.0..300.0_f64, night: bool,
        more_m in 0.0..50.0_f64, more_deg in 0.0..60.0_f64,
    ) {
        let at = place(east, north);
        let azimuth = c.azimuth.map(|a| Azimuth { error: a.error + more_deg, ..a });
        let vaguer = Camera { position_m: c.position_m + more_m, azimuth, ..c.clone() };
        let (before, after) = (view(&c, at, DETECT, night).unwrap(), view(&vaguer, at, DETECT, night).unwrap());
        prop_assert!(after.verdict == before.verdict || after.verdict == Maybe, "{before:?} {after:?}");
        prop_assert_eq!(after.verdict == Yes, after.limit.is_none());
    }

    /// P6: who watches by night watches by day. Asking for more, and knowing less, never makes a view better.
    #[test]
    fn night_demand_and_ignorance_never_help(
        c in any_camera(), east in -300.0..300.0_f64, north in -300.0..300.0_f64, night: bool,
        classes in (0..4_usize, 0..4_usize),
    ) {
        let at = place(east, north);
        let verdict = |c: &Camera, need, night| view(c, at, need, night).unwrap().verdict;
        prop_assert!(verdict(&c, DETECT, true) <= verdict(&c, DETECT, false));
        let ladder = [25.0, 62.5, 125.0, 250.0];
        let (low, high) = (ladder[classes.0.min(classes.1)], ladder[classes.0.max(classes.1)]);
        prop_assert!(verdict(&c, high, night) <= verdict(&c, low, night));
        let blank = Camera { width_px: None, ..c.clone() };
        prop_assert!(verdict(&blank, DETECT, night) <= Maybe);
        if !matches!(c.kind, CameraKind::Fisheye) && c.hfov.is_none_or(|h| h < 360.0) {
            let lost = Camera { azimuth: None, ..c.clone() };
            prop_assert!(verdict(&lost, DETECT, night) <= Maybe);
        }
    }

    /// M2: turning camera and place together changes nothing but at the very edge.
    #[test]
    fn turning_the_town_changes_nothing(
        hfov in 20.0..150.0_f64, off in -180.0..180.0_f64, metres in 1.0..60.0_f64, turn in 0.0..360.0_f64,
    ) {
        let one = |azimuth: f64| {
            let c = Camera { hfov: Some(hfov), ..looking(azimuth, 5.0) };
            let bearing = (azimuth + off).to_radians();
            day(&c, metres * bearing.sin(), metres * bearing.cos())
        };
        let (a, b) = (one(0.0), one(turn));
        let reach = 1_920.0 / (2.0 * (hfov / 2.0).to_radians().tan()) / DETECT;
        let edge = [hfov / 2.0 - 5.0, hfov / 2.0 + 5.0].iter().any(|e| (off.abs() - e).abs() < 0.5)
            || (reach - metres).abs() / metres < 0.01;
        prop_assert!(edge || a.verdict == b.verdict, "{a:?} {b:?}");
    }

    #[test]
    fn no_number_is_too_wild(
        numbers in prop::array::uniform9(any_number()), width: u32, lon in any_number(), lat in any_number(), night: bool,
    ) {
        let [c_lon, c_lat, position_m, degrees, error, hfov, range_m, night_range_m, need] = numbers;
        let c = Camera {
            at: Some(LonLat { lon: c_lon, lat: c_lat }),
            position_m,
            azimuth: Some(Azimuth { degrees, error }),
            hfov: Some(hfov),
            range_m: Some(range_m),
            night_range_m: Some(night_range_m),
            width_px: Some(width),
            ..camera("C")
        };
        let seen = view(&c, LonLat { lon, lat }, need, night).unwrap();
        let places = [c_lon, c_lat, lon, lat];
        prop_assert!(seen.verdict == No || places.iter().all(|n| n.is_finite()), "{seen:?}");
    }
}

#[test]
fn the_defaults_are_the_ladder_of_the_standard() {
    let p = Policy::default();
    assert_eq!([p.detect, p.observe, p.recognise, p.identify], [25.0, 62.5, 125.0, 250.0]);
}
