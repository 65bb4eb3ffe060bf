//! RTSP off the wire, and text for people: nothing panics, every cut of a message waits for the rest.

use proptest::prelude::*;
use rtsp_types::Message;

use super::*;
use crate::probe::trace::clean;
use crate::probe::wire::{Bounds, Inbox, MOST_PASSED_OVER, Parsed, next_message};

const BOUNDS: Bounds = Bounds { head: 256, body: 64 };

fn length_of(heard: &[u8]) -> Option<usize> {
    match next_message(heard, 0, BOUNDS).unwrap() {
        Parsed::Message(_, used) => Some(used),
        Parsed::More(wanted) | Parsed::Rest(wanted) => {
            assert!(wanted > heard.len(), "there is no sense in looking again before more has come");
            None
        }
    }
}

#[test]
fn every_cut_of_a_message_waits_for_the_rest() {
    for whole in [
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nv=0\n".as_slice(),
        b"RTSP/1.0 200 OK\nCSeq: 1\nContent-Length: 4\n\nv=0\n",
        b"RTSP/1.0 200\r\n\r\n",
        b"ANNOUNCE rtsp://h/ RTSP/1.0\r\nContent-Length: 2\r\n\r\nab",
        b"$\x00\x00\x04\r\n\r\n",
    ] {
        for cut in 0..whole.len() {
            assert_eq!(length_of(&whole[..cut]), None, "{:?} cut at {cut}", String::from_utf8_lossy(whole));
        }
        assert_eq!(length_of(whole), Some(whole.len()));
        assert_eq!(length_of(&[whole, b"RTSP/1.0 200 OK\r\n\r\n"].concat()), Some(whole.len()), "and no further");
    }
}

#[test]
fn heads_and_bodies_have_bounds() {
    let head = |n: usize| format!("RTSP/1.0 200 OK\r\nX: {}", "a".repeat(n));
    assert!(next_message(head(200).as_bytes(), 0, BOUNDS).is_ok());
    assert!(next_message(head(300).as_bytes(), 0, BOUNDS).is_err(), "no end in sight");
    assert!(next_message((head(300) + "\r\n\r\n").as_bytes(), 0, BOUNDS).is_err(), "an end too late");
    let body = |n: usize| format!("RTSP/1.0 200 OK\r\nContent-Length: {n}\r\n\r\n");
    assert!(next_message(body(64).as_bytes(), 0, BOUNDS).is_ok());
    assert!(next_message(body(65).as_bytes(), 0, BOUNDS).is_err());
}

/// As descriptions of two tracks come: in several segments of TCP, of which the first holds the head.
#[test]
fn a_description_in_several_pieces_is_one_message() {
    let body = format!("v=0\r\n{}m=video 0 RTP/AVP 96\r\n", "a=x:0123456789\r\n".repeat(1_000));
    let whole = format!("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for size in [1, 7, 100, 1_000, 1_460, 4_096] {
        let mut inbox = Inbox::new(Bounds { head: 1024, body: body.len() });
        let mut heard = Vec::new();
        for piece in whole.as_bytes().chunks(size) {
            inbox.push(piece);
            heard.extend(inbox.next().unwrap());
        }
        let [Message::Response(response)] = heard.as_slice() else { panic!("in pieces of {size}: {heard:?}") };
        assert_eq!(response.body().as_slice(), body.as_bytes());
    }
}

/// A line longer than is looked at was no RTSP when it came at once, and waited for when it came in pieces.
#[test]
fn a_first_line_without_end_is_taken_the_same_in_whatever_pieces() {
    let bounds = Bounds { head: 8 * 1024, body: 64 };
    for (line, understood) in [
        ("OPTIONS ".to_owned() + &"rtsp://h/ ".repeat(150) + "\r\n", true),
        ("X".repeat(33) + " * RTSP/1.0\r\n", false),
        ("OPTIONS * HTTP/1.1\r\n".to_owned(), false),
    ] {
        for size in [1, 2, 700, 1_023, 1_024, 1_025, line.len()] {
            let mut inbox = Inbox::new(bounds);
            let heard = line.as_bytes().chunks(size).try_for_each(|piece| {
                inbox.push(piece);
                inbox.next().map(drop)
            });
            assert_eq!(heard.is_ok(), understood, "in pieces of {size}: {line:?}");
        }
    }
}

#[test]
fn of_a_long_body_only_the_beginning_is_kept_and_all_of_it_is_waited_for() {
    let length = 200 * 1024;
    let head = format!("RTSP/1.0 200 OK\r\ncontent-length: {length}\r\nCSeq: 1\r\n\r\n");
    let mut inbox = Inbox::new(Bounds { head: 1024, body: length });
    inbox.push(head.as_bytes());
    for _ in 0..200 {
        assert!(inbox.next().unwrap().is_none());
        assert!(!inbox.is_empty());
        inbox.push(&[b'v'; 1024]);
    }
    inbox.push(b"RTSP/1.0 404 Gone\r\n\r\n");
    let Some(Message::Response(response)) = inbox.next().unwrap() else { panic!("no answer") };
    assert!(response.body().starts_with(b"vvv") && response.body().len() < 64 * 1024, "{}", response.body().len());
    let Some(Message::Response(next)) = inbox.next().unwrap() else { panic!("no second answer") };
    assert_eq!(u16::from(next.status()), 404);
    assert!(inbox.is_empty());
}

#[test]
fn what_nobody_asked_for_is_counted() {
    let mut inbox = Inbox::new(BOUNDS);
    assert!(inbox.pass_over(MOST_PASSED_OVER).is_ok());
    assert!(inbox.pass_over(1).is_err());
    let mut inbox = Inbox::new(BOUNDS);
    let mut fed = 0;
    while inbox.next().is_ok() {
        inbox.push(&b"\r\n".repeat(1024));
        fed += 2048;
        assert!(fed <= MOST_PASSED_OVER + 4096, "blank lines without end");
    }
}

/// Something like RTSP, so that the interesting paths are met.
fn like_rtsp() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"RTSP/1.0 200 OK\r\n".to_vec()),
        Just(b"RTSP/1.0 401\n".to_vec()),
        Just(b"OPTIONS * RTSP/1.0\r\n".to_vec()),
        Just(b"REDIRECT \xff://[ RTSP/1.0\r\n".to_vec()),
        Just(b"CSeq: 1\r\n".to_vec()),
        Just(b": no name\r\n".to_vec()),
        Just(b"N\xc3\xa4me: x\r\n".to_vec()),
        Just(b" folded\r\n".to_vec()),
        Just(b"Content-Length: 4\r\n".to_vec()),
        Just(b"Content-Length: 99\r\n".to_vec()),
        Just(b"$\x00\x00\x02ab".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn all_messages(inbox: &mut Inbox) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match inbox.next() {
            Ok(Some(message)) => all.push(format!("{message:?}")),
            Ok(None) => return all,
            Err(stop) => {
                all.push(format!("{stop:?}"));
                return all;
            }
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), looked in 0_usize..700) {
        let _ = next_message(&bytes, looked, BOUNDS);
    }

    #[test]
    fn bytes_like_rtsp_never_panic_and_no_message_is_longer_than_what_was_heard(bytes in like_rtsp()) {
        match next_message(&bytes, 0, BOUNDS) {
            Ok(Parsed::Message(_, used)) => prop_assert!(used > 0 && used <= bytes.len()),
            Ok(Parsed::More(wanted) | Parsed::Rest(wanted)) => {
                prop_assert!(wanted > bytes.len() && wanted <= bytes.len() + BOUNDS.head + 65_539);
            }
            Err(_) => {}
        }
    }

    #[test]
    fn it_does_not_matter_in_which_pieces_bytes_come(bytes in like_rtsp(), size in 1_usize..40) {
        let mut at_once = Inbox::new(BOUNDS);
        at_once.push(&bytes);
        let whole = all_messages(&mut at_once);
        let (mut dribbled, mut heard) = (Inbox::new(BOUNDS), Vec::new());
        for piece in bytes.chunks(size) {
            dribbled.push(piece);
            heard.extend(all_messages(&mut dribbled));
            if heard.last().is_some_and(|m| m.starts_with("Stop")) {
                break;
            }
        }
        prop_assert_eq!(whole, heard);
    }

    #[test]
    fn a_response_is_read_back_as_it_was_written(status in 200_u16..600, value in "[!-~]{1,40}", body in "[ -~\r\n]{0,60}") {
        let text = format!("RTSP/1.0 {status} Why\r\nX-Any: {value}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let Parsed::Message(Message::Response(response), used) = next_message(text.as_bytes(), 0, BOUNDS).unwrap() else {
            panic!("not read: {text:?}")
        };
        prop_assert_eq!(used, text.len());
        prop_assert_eq!(u16::from(response.status()), status);
        prop_assert_eq!(response.body().as_slice(), body.as_bytes());
        let name = rtsp_types::HeaderName::try_from("x-any").unwrap();
        prop_assert_eq!(response.header(&name).unwrap().as_str(), value.as_str());
    }

    #[test]
    fn clean_text_is_one_short_line(text in any::<String>(), most in 0_usize..300) {
        let line = clean(&text, most);
        prop_assert!(line.chars().count() <= most);
        let hostile = |c: char| c.is_control() || ('\u{200b}'..='\u{200f}').contains(&c) || ('\u{2028}'..='\u{202e}').contains(&c);
        prop_assert!(!line.chars().any(hostile), "a hostile character is left");
        let again = clean(&line, most);
        prop_assert_eq!(again.as_str(), line.trim());
    }
}

#[test]
fn clean_text_keeps_chinese_and_loses_tricks() {
    for (text, line) in [
        ("  甘棠村 村口\r\n", "甘棠村 村口"),
        ("a\u{1b}[31mb\u{7}", "a·[31mb·"),
        ("evil\u{202e}gpj.exe", "evil·gpj.exe"),
        ("a\u{61c}b\u{feff}c\u{e0041}d\u{fffa}", "a·b·c·d·"),
        ("two\nlines", "two·lines"),
    ] {
        assert_eq!(clean(text, 200), line, "{text:?}");
    }
}

#[tokio::test]
async fn a_note_is_cut_to_one_line() {
    let mut trace = Trace::aloud();
    trace.note(format!("first\nsecond\u{1b} {}", "村".repeat(500)));
    let answer = trace.into_answer(PASS);
    assert_clean(&answer);
    assert_eq!(answer.note.as_deref().map(|n| n.chars().count()), Some(200));
}
