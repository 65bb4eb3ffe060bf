//! Numbers, times of duty and days as people type them; where they are none, what may be meant.

use crate::registry::Duty;
use crate::registry::fault::NumberHint;

/// A finite decimal number in ASCII.
///
/// # Errors
/// What may be wrong with it.
pub(super) fn parse_number(text: &str) -> Result<f64, NumberHint> {
    let plain = |t: &str| {
        let ascii = t.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
        t.parse::<f64>().ok().filter(|n| ascii && n.is_finite())
    };
    if let Some(n) = plain(text) {
        return Ok(n);
    }
    let folded = half_width(text);
    if folded != text && plain(&folded).is_some() {
        return Err(NumberHint::FullWidth(folded.into()));
    }
    if plain(&folded.replacen(',', ".", 1)).is_some() {
        return Err(NumberHint::Comma);
    }
    let direction = |c: char| matches!(c, 'N' | 'S' | 'E' | 'W');
    let letters = text.starts_with(direction) || text.ends_with(direction);
    let signs = text.contains(['°', '′', '″', '\'', '"', '度', '分', '秒']);
    let digits = text.contains(|c: char| c.is_ascii_digit());
    Err(if digits && (letters || signs) { NumberHint::Sexagesimal } else { NumberHint::None })
}

/// The text with full-width forms (U+FF01 to U+FF5E) and the Chinese full stop as ASCII.
pub(super) fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '。' => '.',
            '\u{3000}' => ' ',
            c => c,
        })
        .collect()
}

/// `08:00-18:00`; the end may be `24:00`.
pub(super) fn parse_duty(text: &str) -> Option<Duty> {
    let (from, to) = text.split_once('-')?;
    let duty = Duty { from_minute: minute(from.trim())?, to_minute: minute(to.trim())? };
    (duty.from_minute != duty.to_minute && duty.from_minute < 24 * 60).then_some(duty)
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let hours = digits(hours, 1, 2)?;
    let minutes = digits(minutes, 2, 2)?;
    let of_day = hours * 60 + minutes;
    (minutes < 60 && of_day <= 24 * 60).then_some(of_day)
}

fn digits(text: &str, least: usize, most: usize) -> Option<u16> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// A day as `2024-05-31`; `2024/5/31`, as spreadsheets write it, is taken too.
pub(in crate::registry) fn parse_date(text: &str) -> Option<String> {
    let sign = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.split(sign);
    let year = digits(parts.next()?, 4, 4)?;
    let month = digits(parts.next()?, 1, 2)?;
    let day = digits(parts.next()?, 1, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u16::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (parts.next().is_none() && (1..=days).contains(&day)).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, n) in [("114.3", 114.3), ("-3", -3.0), ("+.5", 0.5), ("1e3", 1_000.0), ("007", 7.0)] {
            assert_eq!(parse_number(text), Ok(n), "{text}");
        }
        for (text, hint) in [
            ("１１４．３", NumberHint::FullWidth("114.3".into())),
            ("30。5", NumberHint::FullWidth("30.5".into())),
            ("114,3", NumberHint::Comma),
            ("114°18′20″", NumberHint::Sexagesimal),
            ("E114.5", NumberHint::Sexagesimal),
            ("inf", NumberHint::None),
            ("NaN", NumberHint::None),
            ("1e999", NumberHint::None),
            ("12 m", NumberHint::None),
            ("东", NumberHint::None),
        ] {
            assert_eq!(parse_number(text), Err(hint), "{text}");
        }
    }

    #[test]
    fn duties() {
        assert_eq!(parse_duty("08:00-18:00"), Some(Duty { from_minute: 480, to_minute: 1_080 }));
        assert_eq!(parse_duty("8:05 - 24:00"), Some(Duty { from_minute: 485, to_minute: 1_440 }));
        assert_eq!(parse_duty("20:00-06:00"), Some(Duty { from_minute: 1_200, to_minute: 360 }));
        for bad in ["", "8-18", "08:00", "08:00-08:00", "25:00-26:00", "24:00-08:00", "08:60-09:00", "08：00-18：00"]
        {
            assert_eq!(parse_duty(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(parse_date("2024-02-29").as_deref(), Some("2024-02-29"));
        assert_eq!(parse_date("2024/5/1").as_deref(), Some("2024-05-01"));
        for bad in ["", "2023-02-29", "2024-13-01", "2024-00-10", "24-05-01", "2024-05", "2024-05-01-02", "2024年5月"]
        {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }
}
