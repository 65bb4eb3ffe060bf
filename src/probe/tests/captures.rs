//! What real cameras have said, from the folder of test data; skipped where there is none.

use std::path::PathBuf;

use super::*;
use crate::probe::auth::Challenge;

/// The folder of test data, if it is there.
fn data(under: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CUNKOU_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let folder = root.join(under);
    if !folder.is_dir() {
        println!("skipped: no {} (set CUNKOU_TEST_DATA)", folder.display());
        return None;
    }
    Some(folder)
}

fn files(folder: &std::path::Path, holding: &str) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.file_name().unwrap().to_string_lossy().contains(holding))
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&p).unwrap()))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn the_descriptions_of_every_vendor_pass() {
    let Some(folder) = data("captures/rtsp") else { return };
    let all = files(&folder, "_describe");
    assert!(all.len() >= 7, "{}", all.len());
    for (name, bytes) in all {
        // As it was recorded, to the first question after OPTIONS; its CSeq is that of another conversation, which is
        // why OPTIONS is answered in a way that leaves no number to mistake it for.
        let text = String::from_utf8(bytes).unwrap();
        let server = Server::answering(move |r| {
            Some(match r.starts_with("OPTIONS") {
                true => rtsp_answer(r, "200 OK", "", ""),
                false => {
                    let own = text.lines().find(|l| l.to_lowercase().starts_with("cseq:"));
                    let ours = format!("CSeq: {}", cseq(r));
                    own.map_or(text.clone(), |own| text.replacen(own, &ours, 1)).into_bytes()
                }
            })
        })
        .await;
        let answer = ask(patient(), &server.rtsp(), Some(credential(false))).await;
        assert_eq!((answer.result, answer.phase), (PASS, Phase::Body), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn the_challenges_of_every_vendor_are_answered() {
    let Some(folder) = data("captures/rtsp") else { return };
    let all = files(&folder, "unauthorized");
    assert!(all.len() >= 3, "{}", all.len());
    for (name, bytes) in all {
        let text = String::from_utf8(bytes).unwrap();
        let server = Server::answering(move |r| {
            let known = r.contains("Authorization: Digest ");
            Some(match r.starts_with("OPTIONS") || known {
                true => rtsp_answer(r, "200 OK", "", SDP),
                false => text.replacen("CSeq: 1", &format!("CSeq: {}", cseq(r)), 1).into_bytes(),
            })
        })
        .await;
        let answer = ask(patient(), &server.rtsp(), Some(credential(false))).await;
        assert_eq!((answer.result, answer.credential_tried), (PASS, true), "{name}: {answer:?}");
        assert_eq!(server.log.passwords(), 1, "{name}");
    }
}

#[test]
fn every_recorded_answer_is_one_message() {
    let Some(folder) = data("captures/rtsp") else { return };
    let bounds = crate::probe::wire::Bounds { head: 64 * 1024, body: 256 * 1024 };
    let mut seen = 0;
    for (name, bytes) in files(&folder, ".txt").into_iter().filter(|(_, b)| b.starts_with(b"RTSP/")) {
        let mut inbox = crate::probe::wire::Inbox::new(bounds);
        inbox.push(&bytes);
        let message = inbox.next().unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(matches!(message, Some(rtsp_types::Message::Response(_))), "{name}: {message:?}");
        assert!(inbox.next().is_ok_and(|rest| rest.is_none()), "{name}: a blank line at most is left");
        seen += 1;
    }
    assert!(seen >= 15, "{seen}");
}

#[test]
fn hikvision_offers_digest_and_basic_and_digest_is_taken() {
    let Some(folder) = data("captures/rtsp") else { return };
    let (_, bytes) = files(&folder, "hikvision_unauthorized_digest_basic").remove(0);
    let text = String::from_utf8(bytes).unwrap();
    let headers: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("WWW-Authenticate: ")).collect();
    assert_eq!(headers.len(), 2);
    let mut trace = Trace::quiet();
    for basic in [false, true] {
        let mut challenge = Challenge::read(&headers, basic).unwrap();
        assert!(!challenge.is_stale());
        let value = challenge.answer(&credential(basic), "DESCRIBE", "rtsp://h/", &mut trace).unwrap();
        assert!(value.starts_with("Digest "), "{value}");
    }
}

#[tokio::test]
async fn a_busy_camera_is_not_dead() {
    let Some(folder) = data("captures/http") else { return };
    let (_, bytes) = files(&folder, "hikvision_snapshot_503").remove(0);
    let server = Server::saying(bytes).await;
    let answer = ask(patient(), &server.http(), None).await;
    assert_eq!(answer.result, answered(Reason::Busy), "{answer:?}");
    assert_eq!(Hint::from(Check::Picture, &answer), Hint::Busy);
}

/// As far as a header can tell. Not to be told by it: bit errors in the scan. Judged harder than the labels: a PNG,
/// because a JPEG is asked for, and a picture without its last marker, which is not to be told from one that was torn.
#[test]
fn bodies_that_are_not_plain_pictures() {
    let Some(folder) = data("frames/edge") else { return };
    let labels = std::fs::read_to_string(folder.join("labels.csv")).unwrap();
    let mut seen = 0;
    for row in labels.lines().skip(1) {
        let mut cells = row.split(',');
        let (file, expected) = (cells.next().unwrap(), cells.next().unwrap());
        let body = std::fs::read(folder.join(file)).unwrap();
        let usable = jpeg::in_pieces(&body, 1_000).is_ok();
        match (file, expected) {
            ("png_named_jpg.jpg" | "truncated_last2.jpg", _) => assert!(!usable, "{file}"),
            (_, "ok") => assert!(usable, "{file}: {:?}", jpeg::in_pieces(&body, 1_000)),
            (_, "not_an_image" | "corrupt" | "too_small") => assert!(!usable, "{file}"),
            (_, "corrupt_or_decodes_odd" | "ok_or_corrupt") => {}
            other => panic!("a new label: {other:?}"),
        }
        seen += 1;
    }
    assert!(seen >= 15, "{seen}");
}

#[test]
fn every_degraded_frame_has_a_sound_header() {
    let Some(folder) = data("frames") else { return };
    let all = files(&folder, ".jpg");
    assert!(all.len() > 100, "{}", all.len());
    for (name, body) in all {
        let header = jpeg::in_pieces(&body, 1_000).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((header.width, header.height), (704, 576), "{name}");
    }
}
