//! RTSP off the wire, as devices write it: line ends of one byte, blank lines too many, headers without a colon, names
//! in GBK. Bounded before anything is whole; the grammar itself is the library's.

use cunkou_core::model::FailKind;
use rtsp_types::{Message, ParseError};

use super::trace::Stop;

/// The longest word before the first space of a message: a method, or `RTSP/1.0`.
const LONGEST_WORD: usize = 32;
/// Bytes after which the first line is not looked at again.
const LONGEST_LINE: usize = 1024;
/// Bytes of a body that are kept; the rest of it is read and counted, no more. What a description is asked for stands in
/// its first lines, and cameras that send long ones together must not cost memory.
const MOST_KEPT: usize = 32 * 1024;
/// Bytes that one conversation may spend on what was not asked for: interleaved data, requests, answers too late.
pub(super) const MOST_PASSED_OVER: usize = 1024 * 1024;

/// The bounds of one message, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) head: usize,
    pub(super) body: usize,
}

/// What stands at the beginning of what was heard.
#[derive(Debug)]
pub(super) enum Parsed {
    /// A message, and how many bytes it takes; the last ones, of a long body, need not be there yet.
    Message(Message<Vec<u8>>, usize),
    /// No end of a head: there is no sense in looking again before so many bytes are there.
    More(usize),
    /// What the head says is not there yet: so many bytes are needed.
    Rest(usize),
}

/// What was heard and not yet understood.
#[derive(Debug)]
pub(super) struct Inbox {
    bounds: Bounds,
    heard: Vec<u8>,
    /// Bytes at the beginning in which no head ends, so that a dribbling device costs one look a byte.
    looked: usize,
    /// Bytes before which there is no sense in looking again.
    wanted: usize,
    passed_over: usize,
    /// A message that is understood, and how many bytes of its body are still to come.
    unfinished: Option<(Message<Vec<u8>>, usize)>,
}

impl Inbox {
    pub(super) fn new(bounds: Bounds) -> Inbox {
        Inbox { bounds, heard: Vec::new(), looked: 0, wanted: 0, passed_over: 0, unfinished: None }
    }

    #[cfg(test)]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
    }

    /// Where the next bytes go, behind those that were heard: as many as there is room for, and at least so many.
    pub(super) fn room(&mut self, least: usize) -> &mut Vec<u8> {
        self.heard.reserve(least);
        &mut self.heard
    }

    pub(super) fn is_empty(&self) -> bool {
        self.heard.is_empty() && self.unfinished.is_none()
    }

    /// Forgets what was half heard: the connection is another one.
    pub(super) fn clear(&mut self) {
        self.heard.clear();
        self.unfinished = None;
        (self.looked, self.wanted) = (0, 0);
    }

    /// The next whole message; `None` where more has to be read first.
    pub(super) fn next(&mut self) -> Result<Option<Message<Vec<u8>>>, Stop> {
        if let Some((message, left)) = self.unfinished.take() {
            return Ok(self.finished(message, left));
        }
        if self.heard.len() < self.wanted {
            return Ok(None);
        }
        // Some devices end their answer with one line too many.
        let blank = self.heard.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if blank > 0 {
            self.heard.drain(..blank);
            self.pass_over(blank)?;
        }
        match next_message(&self.heard, self.looked, self.bounds)? {
            Parsed::Message(message, used) => {
                (self.looked, self.wanted) = (0, 0);
                Ok(self.finished(message, used))
            }
            Parsed::More(wanted) => {
                // A head ends by at most three bytes, of which the last may be missing; the first line is judged again
                // until it is long enough to be known.
                let known = self.heard.len() > LONGEST_LINE;
                self.looked = if known { self.heard.len().saturating_sub(2) } else { 0 };
                self.wanted = wanted;
                Ok(None)
            }
            Parsed::Rest(wanted) => {
                // The head has an end, which must be found again.
                (self.looked, self.wanted) = (0, wanted);
                Ok(None)
            }
        }
    }

    /// The message, once all of its bytes have come; so many have not been passed over yet.
    fn finished(&mut self, message: Message<Vec<u8>>, left: usize) -> Option<Message<Vec<u8>>> {
        let there = left.min(self.heard.len());
        self.heard.drain(..there);
        if left > there {
            self.unfinished = Some((message, left - there));
            return None;
        }
        Some(message)
    }

    /// Counts a message that nobody asked for.
    pub(super) fn pass_over(&mut self, bytes: usize) -> Result<(), Stop> {
        self.passed_over = self.passed_over.saturating_add(bytes);
        if self.passed_over > MOST_PASSED_OVER {
            return Err(Stop::fail(FailKind::Protocol, "it talks on and on and never answers"));
        }
        Ok(())
    }
}

/// The first whole message in what was heard, which begins with no blank line; in the first `looked` bytes no head ends.
pub(super) fn next_message(heard: &[u8], looked: usize, bounds: Bounds) -> Result<Parsed, Stop> {
    match heard.first() {
        None => return Ok(Parsed::More(1)),
        Some(b'$') => return interleaved(heard),
        Some(_) if looked == 0 => judge_first_line(heard)?,
        Some(_) => {}
    }
    let Some((head_end, body_at)) = head_end(heard, looked) else {
        return if heard.len() > bounds.head { Err(too_long()) } else { Ok(Parsed::More(heard.len() + 1)) };
    };
    if head_end > bounds.head {
        return Err(too_long());
    }
    let mut plain = plain_head(heard.get(..head_end).unwrap_or_default());
    let length = match content_length(&plain) {
        None => 0,
        Some(Ok(n)) if n <= bounds.body => n,
        Some(Ok(n)) => return Err(Stop::fail(FailKind::Body, format!("it announces a body of {n} bytes"))),
        Some(Err(())) => return Err(Stop::fail(FailKind::Protocol, "its Content-Length is no number")),
    };
    let kept = length.min(MOST_KEPT);
    let Some(body) = heard.get(body_at..body_at + kept) else {
        return Ok(Parsed::Rest(body_at + kept));
    };
    if kept < length {
        plain = with_length(&plain, kept);
    }
    plain.push_str("\r\n");
    let whole = [plain.as_bytes(), body].concat();
    match Message::<Vec<u8>>::parse(&whole) {
        Ok((message, _)) => Ok(Parsed::Message(message, body_at + length)),
        Err(ParseError::Incomplete(_) | ParseError::Error) => Err(no_rtsp()),
    }
}

/// A frame of interleaved data (RFC 2326, 10.12): its length stands in its head, whatever its bytes look like.
fn interleaved(heard: &[u8]) -> Result<Parsed, Stop> {
    let Some(&[_, _, high, low]) = heard.get(..4) else { return Ok(Parsed::Rest(4)) };
    let used = 4 + usize::from(u16::from_be_bytes([high, low]));
    match heard.get(..used).map(Message::<Vec<u8>>::parse) {
        Some(Ok((message, _))) => Ok(Parsed::Message(message, used)),
        Some(Err(_)) => Err(no_rtsp()),
        None => Ok(Parsed::Rest(used)),
    }
}

/// Tells at once what cannot become RTSP any more, so that another service is not taken for a silent one. What stands
/// behind `LONGEST_LINE` is not looked at, so that it does not matter in which pieces it came.
fn judge_first_line(heard: &[u8]) -> Result<(), Stop> {
    let heard = heard.get(..LONGEST_LINE).unwrap_or(heard);
    if let Some(first) = heard.first().filter(|b| !b.is_ascii_alphabetic()) {
        return Err(Stop::fail(FailKind::Protocol, format!("what it says is no RTSP (first byte 0x{first:02x})")));
    }
    let line = heard.split(|b| *b == b'\n').next().unwrap_or_default();
    let line_is_whole = line.len() < heard.len();
    let word = line.split(|b| matches!(b, b' ' | b'\r')).next().unwrap_or_default();
    let word_is_whole = line_is_whole || word.len() < line.len();
    let answer = if word_is_whole {
        word.starts_with(b"RTSP/")
    } else {
        b"RTSP/".starts_with(word) || word.starts_with(b"RTSP/")
    };
    let request = word.iter().all(|b| b.is_ascii_uppercase() || *b == b'_')
        && (!line_is_whole || line.windows(6).any(|w| w == b" RTSP/"));
    if word.len() > LONGEST_WORD || !(answer || request) { Err(no_rtsp()) } else { Ok(()) }
}

/// Where the head ends, and where the body begins: at the first empty line.
fn head_end(heard: &[u8], from: usize) -> Option<(usize, usize)> {
    let ends = heard.iter().enumerate().skip(from).filter(|(_, b)| **b == b'\n').map(|(i, _)| i);
    ends.into_iter().find_map(|i| match (heard.get(i + 1), heard.get(i + 2)) {
        (Some(b'\n'), _) => Some((i, i + 2)),
        (Some(b'\r'), Some(b'\n')) => Some((i, i + 3)),
        _ => None,
    })
}

/// The head as the standard would have it: CRLF, UTF-8, a reason after the status, names without blanks; lines that
/// are no header are left out.
fn plain_head(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split('\n').map(|l| l.trim_end_matches('\r'));
    let first = lines.next().unwrap_or_default();
    let mut plain = first.to_owned();
    if first.starts_with("RTSP/") && first.trim_end().split(' ').count() == 2 {
        plain.truncate(first.trim_end().len());
        plain.push(' ');
    }
    plain.push_str("\r\n");
    for line in lines {
        if line.starts_with([' ', '\t']) && plain.matches('\n').nth(1).is_some() {
            // The line before goes on here.
            plain.truncate(plain.len() - 2);
            plain.extend([" ", line.trim(), "\r\n"]);
        } else if let Some((name, value)) = line.split_once(':') {
            let name = name.trim();
            if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
                plain.extend([name, ": ", value.trim(), "\r\n"]);
            }
        }
    }
    plain
}

/// The declared length; an error where it is no number or declared twice with different values.
fn content_length(head: &str) -> Option<Result<usize, ()>> {
    let number =
        |v: &str| if v.bytes().all(|b| b.is_ascii_digit()) { v.parse::<usize>().map_err(|_| ()) } else { Err(()) };
    let mut declared = head.lines().filter_map(|l| {
        let (name, value) = l.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| number(value.trim()))
    });
    let first = declared.next()?;
    Some(if declared.all(|other| other == first) { first } else { Err(()) })
}

/// The same head over a body of another length.
fn with_length(head: &str, length: usize) -> String {
    let other = |l: &&str| l.split_once(':').is_none_or(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let mut text: String = head.lines().filter(other).flat_map(|l| [l, "\r\n"]).collect();
    text.push_str(&format!("Content-Length: {length}\r\n"));
    text
}

fn too_long() -> Stop {
    Stop::fail(FailKind::Protocol, "its answer does not end")
}

fn no_rtsp() -> Stop {
    Stop::fail(FailKind::Protocol, "what it says is no RTSP")
}
