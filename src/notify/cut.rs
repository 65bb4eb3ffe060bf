//! Texts that are too long for a sink: cut at a character, the headline first and the link last of what is given up.

/// What stands where something was cut.
const CUT: &str = "…";

/// The beginning of a text in at most so many bytes, whole characters only; marked where something is missing.
pub(super) fn head(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(CUT.len());
    let at = (0..=room.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let cut = text.get(..at).unwrap_or_default().trim_end();
    if limit < CUT.len() { cut.to_owned() } else { format!("{cut}{CUT}") }
}

/// A message in at most so many bytes: its first line, as many of the next as there is room for, and its last line where
/// that has the link.
pub(super) fn lines(text: &str, link: Option<&str>, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.trim_end();
    let has_link = |line: &&str| link.is_some_and(|link| line.contains(link));
    let last = rest.trim_end().rsplit_once('\n').map(|(_, last)| last).filter(has_link);
    let tail = last.map(|l| format!("\n{l}")).unwrap_or_default();
    let mark = format!("\n{CUT}");
    let reserved = mark.len() + tail.len();
    // A headline that has no room beside the link is worth more than it.
    if first.len() + reserved > limit {
        return head(first, limit);
    }
    let mut out = first.to_owned();
    for line in rest.trim_end().lines() {
        if out.len() + 1 + line.len() + reserved > limit {
            break;
        }
        out.push('\n');
        out.push_str(line);
    }
    format!("{}{mark}{tail}", out.trim_end())
}

/// A payload in at most so many bytes: the text in it is cut until the whole is short enough, however much its encoding
/// adds.
pub(super) fn to_fit(text: &str, link: Option<&str>, limit: usize, payload: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let mut room = text.len();
    loop {
        let packed = payload(&lines(text, link, room));
        if packed.len() <= limit || room == 0 {
            return packed;
        }
        // In proportion, and always less than before: what is added differs from place to place.
        room = (room * limit / packed.len()).min(room - 1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_keeps_the_headline_and_the_link() {
        let text = "失守 3 处\n甲\n乙\n丙\n详情：http://c/1";
        assert_eq!(lines(text, Some("http://c/1"), 1_000), text);
        assert_eq!(lines(text, Some("http://c/1"), 43), "失守 3 处\n甲\n…\n详情：http://c/1");
        assert_eq!(lines(text, None, 30), "失守 3 处\n甲\n乙\n丙\n…");
        assert_eq!(lines(text, Some("http://c/1"), 20), "失守 3 处", "no room for both");
        assert_eq!(lines(text, Some("http://c/1"), 10), "失守…");
        assert_eq!(head("村口村口", 12), "村口村口");
        assert_eq!(head("村口村口", 11), "村口…");
        assert_eq!(head("村口村口", 2), "");
    }

    #[test]
    fn a_payload_fits_whatever_its_encoding_adds() {
        let text = format!("失守 3 处\n{}\n详情：http://c/1", "\"\\\n".repeat(5_000));
        let packed = to_fit(&text, Some("http://c/1"), 2_000, |t| serde_json::to_vec(t).unwrap());
        let read: String = serde_json::from_slice(&packed).unwrap();
        assert!(packed.len() <= 2_000 && packed.len() > 1_000, "{}", packed.len());
        assert!(read.starts_with("失守 3 处\n") && read.ends_with("\n…\n详情：http://c/1"), "{read}");
    }

    proptest! {
        #[test]
        fn a_cut_is_never_too_long_and_always_whole(text in "[a村👮\n ]{0,80}", limit in 0_usize..120) {
            for cut in [head(&text, limit), lines(&text, Some("a村"), limit)] {
                prop_assert!(cut.len() <= limit || cut == text, "{} > {limit}", cut.len());
                prop_assert!(cut.len() <= limit || text.len() <= limit);
            }
            let first = text.lines().next().unwrap_or_default().trim_end();
            if first.len() <= limit && text.len() > limit {
                prop_assert!(lines(&text, None, limit).starts_with(first));
            }
        }
    }
}
