//! The write-ahead log beside the database, looked at before SQLite does: SQLite takes the first damaged frame for the
//! end of the log, so that commits behind it would be lost without a word.
//!
//! A process or a power that was cut leaves at most one commit behind a damaged frame: each is synced before the next
//! begins (`synchronous = FULL`). Two or more there were kept once, and are damage. (Format: sqlite.org/walformat.html.)

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const HEADER: usize = 32;
const FRAME: usize = 24;
/// Magic numbers; the last bit says in which order of bytes the checksums are reckoned.
const MAGIC: u32 = 0x377f_0682;

/// Commits that stand behind the first damaged frame and belong to this log; 0: the log is whole, or torn at its end as a
/// crash leaves it. `None`: its head is damaged, so that nothing of it can be read.
pub(super) fn commits_behind_damage(path: &Path) -> io::Result<Option<usize>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Some(0)),
        Err(e) => return Err(e),
    };
    let mut log = BufReader::with_capacity(1 << 16, file);
    let mut head = [0; HEADER];
    if !fill(&mut log, &mut head)? {
        // Shorter than its head: nothing was ever committed to it.
        return Ok(Some(0));
    }
    let Some(mut sum) = Sum::of_head(&head) else {
        // Made longer and never written, as a power cut can leave it.
        return Ok(if is_blank(&head, &mut log)? { Some(0) } else { None });
    };
    let Some(page) = page_size(&head) else { return Ok(None) };
    let mut frame = vec![0; FRAME + page];
    let (mut whole, mut lost) = (true, 0);
    while fill(&mut log, &mut frame)? {
        let ours = frame.get(8..16) == head.get(16..24);
        whole = whole && ours && sum.takes(&frame);
        if !whole && ours && word(&frame, 4) != 0 {
            lost += 1;
        }
    }
    Ok(Some(lost))
}

/// Reads a whole piece; `false` where less is left.
fn fill(log: &mut impl Read, piece: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(piece) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

fn is_blank(head: &[u8], log: &mut impl Read) -> io::Result<bool> {
    let mut blank = head.iter().all(|b| *b == 0);
    let mut piece = [0; 4_096];
    while blank {
        let n = log.read(&mut piece)?;
        if n == 0 {
            break;
        }
        blank = piece.iter().take(n).all(|b| *b == 0);
    }
    Ok(blank)
}

/// A number of four bytes, the highest first; 0 behind the end.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn page_size(head: &[u8]) -> Option<usize> {
    let size = word(head, 8);
    (size.is_power_of_two() && (512..=65_536).contains(&size)).then_some(size as usize)
}

/// The running checksum.
struct Sum {
    big: bool,
    a: u32,
    b: u32,
}

impl Sum {
    /// Of a head that is whole.
    fn of_head(head: &[u8]) -> Option<Sum> {
        let magic = word(head, 0);
        let mut sum = Sum { big: magic & 1 == 1, a: 0, b: 0 };
        sum.add(head.get(..24)?);
        (magic | 1 == MAGIC | 1 && sum.is(head, 24)).then_some(sum)
    }

    /// Adds a frame, and says whether it is whole.
    fn takes(&mut self, frame: &[u8]) -> bool {
        self.add(frame.get(..8).unwrap_or_default());
        self.add(frame.get(FRAME..).unwrap_or_default());
        self.is(frame, 16)
    }

    fn add(&mut self, bytes: &[u8]) {
        let number = |b: &[u8]| {
            let four: [u8; 4] = b.try_into().unwrap_or_default();
            if self.big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
        };
        let (mut a, mut b) = (self.a, self.b);
        for pair in bytes.chunks_exact(8) {
            let (x, y) = pair.split_at(4);
            a = a.wrapping_add(number(x)).wrapping_add(b);
            b = b.wrapping_add(number(y)).wrapping_add(a);
        }
        (self.a, self.b) = (a, b);
    }

    fn is(&self, bytes: &[u8], at: usize) -> bool {
        (word(bytes, at), word(bytes, at + 4)) == (self.a, self.b)
    }
}
