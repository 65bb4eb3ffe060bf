//! From a lens to pixels a metre, and where in the picture a thing stands.

/// From this field of view on a picture cannot be flat (tan runs away): the lens is taken as equidistant.
const FLAT_BELOW_DEG: f64 = 180.0;

/// The focal length in pixels: what a picture has of pixels a metre, one metre before the lens.
///
/// Rectilinear: `width_px / (2 tan(hfov / 2))` (EN 62676-4); equidistant (fisheye): `width_px / hfov`.
/// Positive and finite for every positive width and 0 < `hfov_deg` <= 360.
pub(super) fn focal_px(hfov_deg: f64, width_px: u32, equidistant: bool) -> f64 {
    let hfov = hfov_deg.min(360.0).to_radians();
    let width = f64::from(width_px);
    if equidistant || hfov_deg >= FLAT_BELOW_DEG { width / hfov } else { width / (2.0 * (hfov / 2.0).tan()) }
}

/// A camera with a flat picture, as it hangs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mount {
    /// Height of the lens above the road at the target, metres.
    pub height_m: f64,
    /// Degrees clockwise from true north.
    pub azimuth_deg: f64,
    /// Degrees below the horizon.
    pub tilt_deg: f64,
    /// Horizontal field of view, degrees, below 180.
    pub hfov_deg: f64,
    /// Picture width, pixels.
    pub width_px: u32,
    /// Picture height, pixels.
    pub height_px: u32,
}

/// Where in the picture a thing stands, and how finely it is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Framed {
    /// Distance along the optical axis, metres; not positive: behind the lens.
    pub depth_m: f64,
    /// Across the picture: -1 left edge, 1 right edge.
    pub u: f64,
    /// Down the picture: -1 upper edge, 1 lower edge.
    pub v: f64,
    /// Whether it is in the picture.
    pub in_frame: bool,
    /// Pixels a metre on a surface square to the axis: the figure of data sheets.
    pub px_per_m: f64,
    /// Pixels a metre by the whole distance to the lens; never more than `px_per_m` in the picture.
    pub px_per_m_safe: f64,
}

impl Mount {
    /// Projects a thing that stands `distance_m` along the ground at a bearing, `target_m` above the road (0.5 m: a
    /// plate or wheels; 1.6 m: a person). The pinhole camera with square pixels, coverage.md §2.1:
    /// z = cos τ·d·cos Δ + sin τ·v, x = d·sin Δ, y = -sin τ·d·cos Δ + cos τ·v.
    #[must_use]
    pub fn project(&self, distance_m: f64, bearing_deg: f64, target_m: f64) -> Framed {
        let (sin_tilt, cos_tilt) = self.tilt_deg.to_radians().sin_cos();
        let (sin, cos) = (bearing_deg - self.azimuth_deg).to_radians().sin_cos();
        let drop = self.height_m - target_m;
        let depth_m = cos_tilt * distance_m * cos + sin_tilt * drop;
        let right = distance_m * sin;
        let below = -sin_tilt * distance_m * cos + cos_tilt * drop;
        let half_width = (self.hfov_deg / 2.0).to_radians().tan();
        let half_height = half_width * f64::from(self.height_px) / f64::from(self.width_px);
        let (u, v) = (right / (depth_m * half_width), below / (depth_m * half_height));
        let focal = focal_px(self.hfov_deg, self.width_px, false);
        Framed {
            depth_m,
            u,
            v,
            in_frame: depth_m > 0.0 && u.abs() <= 1.0 && v.abs() <= 1.0,
            px_per_m: focal / depth_m,
            px_per_m_safe: focal / distance_m.hypot(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOUNT: Mount =
        Mount { height_m: 6.0, azimuth_deg: 90.0, tilt_deg: 10.0, hfov_deg: 60.0, width_px: 2_560, height_px: 1_440 };

    /// The vectors V1 to V4 of coverage.md §2.1, which agree with a camera made of rotation matrices.
    #[test]
    fn view_vectors() {
        let near = |a: f64, b: f64, by: f64| assert!((a - b).abs() <= by, "{a} {b}");
        for (distance, bearing, target, z, u, v, in_frame, ppm) in [
            (30.0, 90.0, 1.6, 30.3083, 0.0, -0.0890, true, Some((73.149, 73.119))),
            (30.0, 115.0, 1.6, 27.5402, 0.7974, -0.0434, true, Some((80.501, 73.119))),
            (30.0, 125.0, 1.6, 24.9653, 1.1938, 0.0081, false, None),
            (3.0, 90.0, 0.5, 3.9095, 0.0, 3.8558, false, None),
        ] {
            let seen = MOUNT.project(distance, bearing, target);
            near(seen.depth_m, z, 5e-5);
            near(seen.u, u, 5e-5);
            near(seen.v, v, 5e-5);
            assert_eq!(seen.in_frame, in_frame, "{distance} {bearing}");
            if let Some((flat, safe)) = ppm {
                near(seen.px_per_m, flat, 5e-4);
                near(seen.px_per_m_safe, safe, 5e-4);
            }
        }
        assert!(!MOUNT.project(30.0, 270.0, 1.6).in_frame, "straight behind");
        assert!(!MOUNT.project(0.0, 0.0, 1.6).in_frame, "under the pole");
    }

    /// The reach table of coverage.md §2.1: metres at 12.5, 25, 62.5, 125 and 250 pixels a metre, rounded there by up
    /// to 6 cm.
    #[test]
    fn reach_table() {
        for (width, hfov, metres) in [
            (1_920, 84.0, [85.3, 42.7, 17.1, 8.5, 4.3]),
            (2_560, 84.0, [113.7, 56.9, 22.7, 11.4, 5.7]),
            (2_560, 60.0, [177.4, 88.7, 35.5, 17.7, 8.9]),
        ] {
            for (density, far) in [12.5, 25.0, 62.5, 125.0, 250.0].into_iter().zip(metres) {
                let reach = focal_px(hfov, width, false) / density;
                assert!((reach - far).abs() <= 0.06, "{width}@{hfov} {density}: {reach}");
            }
        }
    }

    #[test]
    fn wide_lenses_are_equidistant() {
        let round = focal_px(360.0, 3_000, false);
        assert!((round - 3_000.0 / std::f64::consts::TAU).abs() < 1e-9);
        assert_eq!(focal_px(180.0, 3_000, true), focal_px(180.0, 3_000, false));
        assert_eq!(focal_px(400.0, 3_000, true), round);
    }

    proptest! {
        #[test]
        fn safe_density_is_never_above_the_flat_one(
            d in 0.1..300.0_f64, bearing in 0.0..360.0_f64, target in 0.0..2.0_f64,
            tilt in -10.0..80.0_f64, hfov in 5.0..150.0_f64,
        ) {
            let seen = Mount { tilt_deg: tilt, hfov_deg: hfov, ..MOUNT }.project(d, bearing, target);
            prop_assert!(!seen.in_frame || seen.px_per_m_safe <= seen.px_per_m * (1.0 + 1e-12));
        }
    }
}
