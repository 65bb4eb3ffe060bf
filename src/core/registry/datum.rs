//! What lon and lat mean: WGS 84 and CGCS 2000 as they are (they differ by centimetres), GCJ-02 and BD-09 by the public
//! reconstruction of the Chinese map shift, inverted by iteration. Inside, everything is WGS 84.

use std::f64::consts::PI;

use super::LonLat;
use super::objects::words;

words! {
    /// The column `datum`.
    Datum {
        /// WGS 84, as GPS gives it.
        Wgs84 = "wgs84",
        /// GCJ-02, as Chinese web maps give it.
        Gcj02 = "gcj02",
        /// BD-09, as Baidu gives it.
        Bd09 = "bd09",
        /// CGCS 2000, as surveyors give it.
        Cgcs2000 = "cgcs2000",
    }
}

/// The ellipsoid of Krasovsky, of which the reconstruction is made: axis in metres.
const AXIS: f64 = 6_378_245.0;
/// The square of its eccentricity.
const E2: f64 = 0.006_693_421_622_965_943;
/// Converted positions are rounded to a hundred-millionth of a degree, about a millimetre.
const KEPT: f64 = 1e8;
/// The inverses converge in four to six rounds to 1e-12 degrees.
const ROUNDS: usize = 12;

impl Datum {
    /// The position as WGS 84, rounded to a millimetre where it had to be converted; `None` outside the box in which
    /// GCJ-02 and BD-09 are defined.
    #[must_use]
    pub fn to_wgs84(self, at: LonLat) -> Option<LonLat> {
        if matches!(self, Datum::Wgs84 | Datum::Cgcs2000) {
            return Some(at);
        }
        if !in_china(at) {
            return None;
        }
        let gcj = if self == Datum::Bd09 { invert(at, bd09_of_gcj02) } else { at };
        let LonLat { lon, lat } = invert(gcj, gcj02_of_wgs84);
        Some(LonLat { lon: (lon * KEPT).round() / KEPT, lat: (lat * KEPT).round() / KEPT })
    }

    /// A position of WGS 84 in this datum, degrees, as the web maps of China show it; `None` outside the box in which
    /// GCJ-02 and BD-09 are defined.
    #[must_use]
    pub fn of_wgs84(self, at: LonLat) -> Option<LonLat> {
        match self {
            Datum::Wgs84 | Datum::Cgcs2000 => Some(at),
            _ if !in_china(at) => None,
            Datum::Gcj02 => Some(gcj02_of_wgs84(at)),
            Datum::Bd09 => Some(bd09_of_gcj02(gcj02_of_wgs84(at))),
        }
    }
}

fn in_china(at: LonLat) -> bool {
    (72.004..=137.8347).contains(&at.lon) && (0.8293..=55.8271).contains(&at.lat)
}

/// The point that `forward` takes to `to`, by fixed-point iteration.
fn invert(to: LonLat, forward: fn(LonLat) -> LonLat) -> LonLat {
    let mut at = to;
    for _ in 0..ROUNDS {
        let there = forward(at);
        let (east, north) = (there.lon - to.lon, there.lat - to.lat);
        at = LonLat { lon: at.lon - east, lat: at.lat - north };
        if east.abs().max(north.abs()) < 1e-12 {
            break;
        }
    }
    at
}

fn gcj02_of_wgs84(at: LonLat) -> LonLat {
    let (x, y) = (at.lon - 105.0, at.lat - 35.0);
    let waves = |amplitudes: &[(f64, f64)]| amplitudes.iter().map(|(a, arg)| a * arg.sin()).sum::<f64>() * 2.0 / 3.0;
    let both = waves(&[(20.0, 6.0 * x * PI), (20.0, 2.0 * x * PI)]);
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + both
        + waves(&[(20.0, y * PI), (40.0, y / 3.0 * PI), (160.0, y / 12.0 * PI), (320.0, y / 30.0 * PI)]);
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + both
        + waves(&[(20.0, x * PI), (40.0, x / 3.0 * PI), (150.0, x / 12.0 * PI), (300.0, x / 30.0 * PI)]);
    let lat = at.lat.to_radians();
    let magic = 1.0 - E2 * lat.sin() * lat.sin();
    LonLat {
        lon: at.lon + (east / (AXIS / magic.sqrt() * lat.cos())).to_degrees(),
        lat: at.lat + (north / (AXIS * (1.0 - E2) / (magic * magic.sqrt()))).to_degrees(),
    }
}

fn bd09_of_gcj02(at: LonLat) -> LonLat {
    let turns = PI * 3_000.0 / 180.0;
    let z = at.lon.hypot(at.lat) + 0.000_02 * (at.lat * turns).sin();
    let theta = at.lat.atan2(at.lon) + 0.000_003 * (at.lon * turns).cos();
    LonLat { lon: z * theta.cos() + 0.0065, lat: z * theta.sin() + 0.006 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WGS 84, GCJ-02 and BD-09 of one point, (lat, lon): the values of several independent implementations.
    const VECTORS: [[(f64, f64); 3]; 3] = [
        [(39.915, 116.404), (39.916404282, 116.410244499), (39.922699552, 116.416627244)],
        [(31.1774276, 121.5272106), (31.175303984, 121.531541859), (31.181328607, 121.538015686)],
        [(30.0, 112.0), (29.997423867, 112.005722762), (30.003176752, 112.012286160)],
    ];

    fn point((lat, lon): (f64, f64)) -> LonLat {
        LonLat { lon, lat }
    }

    fn off(a: LonLat, b: LonLat) -> f64 {
        (a.lon - b.lon).abs().max((a.lat - b.lat).abs())
    }

    #[test]
    fn what_a_phone_shows_is_the_way_back_of_what_it_gives() {
        for row in VECTORS {
            let [wgs, gcj, bd] = row.map(point);
            for (datum, shown) in [(Datum::Wgs84, wgs), (Datum::Cgcs2000, wgs), (Datum::Gcj02, gcj), (Datum::Bd09, bd)]
            {
                assert!(off(datum.of_wgs84(wgs).unwrap(), shown) < 2e-9, "{datum:?} {wgs:?}");
            }
        }
        let berlin = LonLat { lon: 13.4, lat: 52.5 };
        let all: Vec<_> = Datum::ALL.iter().map(|d| d.of_wgs84(berlin)).collect();
        assert_eq!(all, [Some(berlin), None, None, Some(berlin)]);
    }

    #[test]
    fn published_vectors() {
        for [wgs, gcj, bd] in VECTORS.map(|row| row.map(point)) {
            assert!(off(gcj02_of_wgs84(wgs), gcj) < 1e-9, "{wgs:?}");
            assert!(off(bd09_of_gcj02(gcj), bd) < 2e-9, "{wgs:?}");
            assert!(off(Datum::Gcj02.to_wgs84(gcj).unwrap(), wgs) < 1.1e-8, "{wgs:?}");
            assert!(off(Datum::Bd09.to_wgs84(bd).unwrap(), wgs) < 1.1e-8, "{wgs:?}");
        }
    }

    #[test]
    fn the_inverse_is_good_to_a_millimetre_all_over_china() {
        for lon in (74..134).step_by(3) {
            for lat in (19..53).step_by(3) {
                let wgs = LonLat { lon: f64::from(lon) + 0.123, lat: f64::from(lat) + 0.456 };
                let gcj = gcj02_of_wgs84(wgs);
                assert!(off(Datum::Gcj02.to_wgs84(gcj).unwrap(), wgs) < 1.1e-8, "{wgs:?}");
                assert!(off(Datum::Bd09.to_wgs84(bd09_of_gcj02(gcj)).unwrap(), wgs) < 1.1e-8, "{wgs:?}");
            }
        }
    }

    #[test]
    fn what_is_not_shifted_stays() {
        let paris = LonLat { lon: 2.35, lat: 48.86 };
        assert_eq!(Datum::Wgs84.to_wgs84(paris), Some(paris));
        assert_eq!(Datum::Cgcs2000.to_wgs84(paris), Some(paris));
        assert_eq!(Datum::Gcj02.to_wgs84(paris), None);
        assert_eq!(Datum::Bd09.to_wgs84(paris), None);
    }
}
