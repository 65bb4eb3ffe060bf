//! Pictures drawn for a camera: sky, fields, a road, poles, a house; its id and the time as an overlay, as cameras do.
//! A picture is a function of (camera, size, second), so that a frozen one needs no memory.

use cunkou_core::model::stable_hash_parts;
use jpeg_encoder::{ColorType, Encoder, EncodingError};

/// Width of every picture, pixels: a substream, because nobody looks at the details.
const WIDTH: u16 = 352;
/// Quality of the JPEG, 1 to 100.
const QUALITY: u8 = 70;

type Colour = [u8; 3];
const WHITE: Colour = [240, 240, 240];
const BLACK: Colour = [6, 6, 6];

/// The size of a camera's picture in pixels, of about the shape of its full one.
pub(super) fn size(width: u32, height: u32) -> (u16, u16) {
    let scaled = u32::from(WIDTH).saturating_mul(height) / width.max(1);
    (WIDTH, u16::try_from(scaled.clamp(144, 352) / 8 * 8).unwrap_or(288))
}

/// What a camera sees at a second since 1970, as RGB.
pub(super) fn scene(camera: &str, size: (u16, u16), second: u64) -> Vec<u8> {
    let mut canvas = Canvas::new(size, BLACK);
    let (w, h) = (canvas.width, canvas.height);
    let dice = |what: &str, n: u64| (stable_hash_parts(&[camera, what]) % n) as i32;
    let tint = |base: Colour, what: &str| base.map(|c| c.saturating_add(dice(what, 48) as u8));
    let horizon = h * (30 + dice("horizon", 25)) / 100;
    for y in 0..horizon {
        let haze = (60 * y / horizon.max(1)) as u8;
        canvas.rect((0, y), (w, 1), tint([110, 140, 175], "sky").map(|c| c.saturating_add(haze)));
    }
    canvas.rect((0, horizon), (w, h - horizon), tint([70, 95, 45], "field"));
    let (vanish, half) = (w * (25 + dice("vanish", 50)) / 100, w * (20 + dice("road", 20)) / 100);
    for y in horizon..h {
        let depth = y - horizon;
        let centre = vanish + (w / 2 - vanish) * depth / (h - horizon);
        let side = 2 + half * depth / (h - horizon);
        canvas.rect((centre - side, y), (2 * side, 1), tint([80, 80, 84], "tar"));
        if depth / 12 % 2 == 0 {
            canvas.rect((centre - side / 40, y), (1 + side / 20, 1), WHITE);
        }
    }
    let house = w * dice("house", 80) / 100;
    canvas.rect((house, horizon - h / 8), (w / 7, h / 7), tint([150, 110, 90], "wall"));
    canvas.rect((house - 4, horizon - h / 6), (w / 7 + 8, h / 22), tint([90, 40, 40], "roof"));
    for pole in 0..2 + dice("poles", 3) {
        let x = w * (8 + pole * 27 + dice("pole", 15)) / 100;
        canvas.rect((x, horizon - h / 4), (3, h / 2), [60, 55, 50]);
    }
    // Somebody passes: what moves, moves by the second.
    let walker = (second.wrapping_mul(17).wrapping_add(dice("walker", 999) as u64) % u64::from(size.0)) as i32;
    canvas.rect((walker, horizon + h / 5), (8, 22), tint([150, 60, 60], "coat"));
    canvas.overlay(camera, second);
    canvas.pixels
}

/// What a camera sees behind a dead sensor or a lens cap: black under the overlay, as RGB.
pub(super) fn black(camera: &str, size: (u16, u16), second: u64) -> Vec<u8> {
    let mut canvas = Canvas::new(size, BLACK);
    canvas.overlay(camera, second);
    canvas.pixels
}

/// RGB as JPEG.
pub(super) fn jpeg(rgb: &[u8], (width, height): (u16, u16)) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, QUALITY).encode(rgb, width, height, ColorType::Rgb)?;
    Ok(bytes)
}

struct Canvas {
    width: i32,
    height: i32,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new((width, height): (u16, u16), ground: Colour) -> Canvas {
        let pixels = ground.repeat(usize::from(width) * usize::from(height));
        Canvas { width: i32::from(width), height: i32::from(height), pixels }
    }

    /// Fills a rectangle; what lies outside is cut off.
    fn rect(&mut self, (x, y): (i32, i32), (w, h): (i32, i32), colour: Colour) {
        let (left, right) = (x.clamp(0, self.width), (x + w).clamp(0, self.width));
        for row in y.clamp(0, self.height)..(y + h).clamp(0, self.height) {
            let start = 3 * (row * self.width + left) as usize;
            let row = self.pixels.get_mut(start..start + 3 * (right - left) as usize);
            row.into_iter().flat_map(|r| r.chunks_exact_mut(3)).for_each(|p| p.copy_from_slice(&colour));
        }
    }

    /// The camera's id at the top left, the time of day (UTC) and a bar of the minute at the bottom.
    fn overlay(&mut self, camera: &str, second: u64) {
        let scale = 3;
        let fits = (self.width / (4 * scale) - 1).max(0) as usize;
        self.text((6, 6), scale, camera.chars().take(fits));
        let day = second % 86_400;
        let time = format!("{:02}:{:02}:{:02}", day / 3_600, day / 60 % 60, day % 60);
        self.text((6, self.height - 24), scale, time.chars());
        let bar = self.width * (day % 60 + 1) as i32 / 60;
        self.rect((0, self.height - 3), (bar, 3), WHITE);
    }

    fn text(&mut self, (x, y): (i32, i32), scale: i32, text: impl Iterator<Item = char>) {
        for (i, c) in (0_i32..).zip(text) {
            let glyph = glyph(c);
            for bit in 0..15 {
                if glyph >> (14 - bit) & 1 == 1 {
                    let at = (x + (4 * i + bit % 3) * scale, y + bit / 3 * scale);
                    self.rect((at.0 + 1, at.1 + 1), (scale, scale), BLACK);
                    self.rect(at, (scale, scale), WHITE);
                }
            }
        }
    }
}

/// A letter as five rows of three dots, the first row in the highest bits; small letters look like large ones.
const fn glyph(c: char) -> u16 {
    match c.to_ascii_uppercase() {
        '0' => 0b111_101_101_101_111,
        '1' => 0b010_110_010_010_111,
        '2' => 0b111_001_111_100_111,
        '3' => 0b111_001_011_001_111,
        '4' => 0b101_101_111_001_001,
        '5' => 0b111_100_111_001_111,
        '6' => 0b111_100_111_101_111,
        '7' => 0b111_001_010_010_010,
        '8' => 0b111_101_111_101_111,
        '9' => 0b111_101_111_001_111,
        'A' => 0b010_101_111_101_101,
        'B' => 0b110_101_110_101_110,
        'C' => 0b011_100_100_100_011,
        'D' => 0b110_101_101_101_110,
        'E' => 0b111_100_110_100_111,
        'F' => 0b111_100_110_100_100,
        'G' => 0b011_100_101_101_011,
        'H' => 0b101_101_111_101_101,
        'I' => 0b111_010_010_010_111,
        'J' => 0b001_001_001_101_010,
        'K' => 0b101_101_110_101_101,
        'L' => 0b100_100_100_100_111,
        'M' => 0b101_111_111_101_101,
        'N' => 0b110_101_101_101_101,
        'O' => 0b010_101_101_101_010,
        'P' => 0b110_101_110_100_100,
        'Q' => 0b010_101_101_110_011,
        'R' => 0b110_101_110_101_101,
        'S' => 0b011_100_010_001_110,
        'T' => 0b111_010_010_010_010,
        'U' => 0b101_101_101_101_111,
        'V' => 0b101_101_101_101_010,
        'W' => 0b101_101_111_111_101,
        'X' => 0b101_101_010_101_101,
        'Y' => 0b101_101_010_010_010,
        'Z' => 0b111_001_010_100_111,
        '-' => 0b000_000_111_000_000,
        '_' => 0b000_000_000_000_111,
        '.' => 0b000_000_000_000_010,
        ':' => 0b000_010_000_010_000,
        _ => 0b111_111_111_111_111,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u16, u16) = (352, 288);

    fn differing(a: &[u8], b: &[u8]) -> usize {
        a.chunks(3).zip(b.chunks(3)).filter(|(x, y)| x != y).count()
    }

    #[test]
    fn cameras_and_seconds_look_different_and_the_same_second_looks_the_same() {
        let now = scene("C0001", SIZE, 1_700_000_000);
        assert_eq!(now.len(), 352 * 288 * 3);
        assert_eq!(now, scene("C0001", SIZE, 1_700_000_000));
        assert!(differing(&now, &scene("C0001", SIZE, 1_700_000_001)) > 100, "something moves each second");
        assert!(differing(&now, &scene("C0002", SIZE, 1_700_000_000)) > 10_000, "another place");
    }

    #[test]
    fn a_black_picture_is_dark_but_for_the_overlay() {
        let pixels = black("C0001", SIZE, 0);
        let dark = pixels.chunks(3).filter(|p| p.iter().all(|c| *c < 16)).count();
        assert!(dark * 100 > 95 * 352 * 288, "{dark}");
        let bright = scene("C0001", SIZE, 0).chunks(3).filter(|p| p.iter().all(|c| *c < 16)).count();
        assert!(bright * 100 < 10 * 352 * 288, "{bright}");
    }

    #[test]
    fn the_shape_follows_the_camera_within_bounds() {
        for (full, small) in [
            ((1920, 1080), (352, 192)),
            ((2560, 1440), (352, 192)),
            ((704, 576), (352, 288)),
            ((0, 0), (352, 144)),
            ((1, 4_000_000), (352, 352)),
            ((u32::MAX, 1), (352, 144)),
        ] {
            assert_eq!(size(full.0, full.1), small, "{full:?}");
        }
    }

    #[test]
    fn every_size_and_name_can_be_drawn() {
        for size in [(352, 144), (352, 352)] {
            for name in ["", "x", &"W".repeat(64)] {
                let bytes = jpeg(&scene(name, size, u64::MAX), size).unwrap();
                assert_eq!(
                    (&bytes[..2], &bytes[bytes.len() - 2..]),
                    ([0xff, 0xd8].as_slice(), [0xff, 0xd9].as_slice())
                );
            }
        }
    }
}
