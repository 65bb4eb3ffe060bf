//! What each hostile camera says.

use super::{BOMB, DRIBBLE, Fault, Guest, Protocol};

/// What would take over a terminal, and what would take over a page.
const ESCAPES: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J<script>alert(1)</script>";
const MARKUP: &str = "</td><script>alert(1)</script>\u{202e}gpj.exe";

pub(super) async fn serve(mut guest: Guest, fault: Fault) {
    if fault == Fault::TlsHalfWay {
        return tls_half_way(guest).await;
    }
    // An honest camera in what is asked first, where only the later questions meet the fault.
    while let Some(request) = guest.request().await {
        let first = guest.protocol == Protocol::Rtsp && request.starts_with("OPTIONS");
        if first && fault.is_behind_the_first_question() {
            guest.answer("200 OK", &request, "Public: OPTIONS, DESCRIBE\r\n", b"").await;
        } else if !misbehave(&mut guest, fault, &request).await {
            return;
        }
    }
}

impl Fault {
    fn is_behind_the_first_question(self) -> bool {
        use Fault as F;
        matches!(self, F::GzipBomb | F::VastPicture | F::NewNonceEachTime | F::StaleEachTime)
            || matches!(self, F::VastRealm | F::ManyChallenges | F::Escapes | F::Markup | F::AlmostABody)
    }
}

/// The answer to one request; whether the connection goes on.
async fn misbehave(guest: &mut Guest, fault: Fault, request: &str) -> bool {
    let ok = guest.status("200 OK", request);
    match fault {
        Fault::EndlessLine => {
            guest.send(ok.trim_end()).await;
            guest.flood("a").await;
        }
        Fault::EndlessHeaders => {
            guest.send(ok).await;
            guest.flood("X-Padding: 0123456789\r\n").await;
        }
        Fault::EndlessInterim => {
            let interim = guest.status("100 Continue", request);
            guest.flood(&format!("{interim}\r\n")).await;
        }
        Fault::EndlessBody => {
            guest.send(format!("{ok}Content-Type: image/jpeg\r\n\r\n")).await;
            guest.send(jpeg(704).get(..19).unwrap_or_default()).await;
            guest.flood("\u{7}").await;
        }
        Fault::LengthHuge => length(guest, &ok, "Content-Length: 3000000000\r\n").await,
        Fault::LengthNegative => length(guest, &ok, "Content-Length: -1\r\n").await,
        Fault::LengthDoubled => length(guest, &ok, "Content-Length: 3\r\nContent-Length: 4\r\n").await,
        Fault::ByteASecond => dribble(guest, &ok).await,
        Fault::AlmostAHead => {
            guest.send(format!("{ok}X: {}", "a".repeat(64 * 1024 - ok.len() - 64))).await;
            guest.hang().await;
        }
        Fault::AlmostABody => almost_a_body(guest, &ok).await,
        Fault::GzipBomb => return guest.answer("200 OK", request, "Content-Encoding: gzip\r\n", &BOMB).await,
        Fault::VastPicture => return guest.answer("200 OK", request, "", &jpeg(65_535)).await,
        Fault::ToMetadata => return to(guest, request, "http://169.254.169.254/latest/meta-data/").await,
        Fault::ToLoopback => return to(guest, request, "http://127.0.0.1:9778/-/reload").await,
        Fault::ToItself => return to(guest, request, "/again").await,
        _ => return challenge(guest, fault, request).await,
    }
    false
}

async fn length(guest: &mut Guest, ok: &str, header: &str) {
    guest.send(format!("{ok}{header}\r\nabc")).await;
    guest.hang().await;
}

async fn dribble(guest: &mut Guest, ok: &str) {
    for byte in format!("{ok}Content-Length: 100000\r\n\r\n").bytes().chain(std::iter::repeat(b'v')) {
        if !guest.send([byte]).await {
            return;
        }
        tokio::time::sleep(DRIBBLE).await;
    }
}

/// As much as may be announced, of which the last byte never comes.
async fn almost_a_body(guest: &mut Guest, ok: &str) {
    let size = if guest.protocol == Protocol::Rtsp { 256 * 1024 } else { 4 * 1024 * 1024 };
    guest.send(format!("{ok}Content-Type: application/sdp\r\nContent-Length: {size}\r\n\r\n")).await;
    let beginning = if guest.protocol == Protocol::Rtsp { b"v=0\r\n".to_vec() } else { jpeg(704)[..19].to_vec() };
    guest.send(&beginning).await;
    guest.send(vec![7; size - beginning.len() - 1]).await;
    guest.hang().await;
}

async fn to(guest: &mut Guest, request: &str, location: &str) -> bool {
    guest.answer("302 Found", request, &format!("Location: {location}\r\n"), b"").await
}

/// Never lets anybody in.
async fn challenge(guest: &mut Guest, fault: Fault, request: &str) -> bool {
    let nonce = request.len() + guest.seen.passwords() * 1_000 + guest.seen.sent.load(super::Ordering::Relaxed);
    let value = match fault {
        Fault::StaleEachTime => format!("Digest realm=\"c\", nonce=\"{nonce}\", qop=\"auth\", stale=true"),
        Fault::NewNonceEachTime => format!("Digest realm=\"c\", nonce=\"{nonce}\", qop=\"auth\""),
        Fault::VastRealm => format!("Digest realm=\"{}\", nonce=\"{nonce}\"", "r".repeat(4 * 1024 * 1024)),
        Fault::ManyChallenges => vec!["Nonsense x=y"; 2_000].join(", "),
        Fault::Escapes => format!("Digest realm=\"{ESCAPES}\", nonce=\"{nonce}\", qop=\"auth\""),
        _ => format!("Digest realm=\"{MARKUP}\", nonce=\"{nonce}\", qop=\"auth\""),
    };
    let said = if fault == Fault::Escapes { ESCAPES } else { MARKUP };
    let headers = format!("Server: {said}\r\nWWW-Authenticate: {value}\r\n");
    guest.answer(&format!("401 {said}"), request, &headers, said.as_bytes()).await
}

/// The first half of a ServerHello, and no more.
async fn tls_half_way(mut guest: Guest) {
    let mut hello = [0; 512];
    if tokio::io::AsyncReadExt::read(&mut guest.stream, &mut hello).await.is_ok_and(|n| n > 0) {
        guest.send([22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3, 1, 2, 3, 4, 5]).await;
        guest.hang().await;
    }
}

/// A JPEG as far as its header tells, so many pixels wide and high.
fn jpeg(pixels: u16) -> Vec<u8> {
    let [high, low] = pixels.to_be_bytes();
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0];
    bytes.extend([0xff, 0xda, 0, 2]);
    bytes.extend([7; 64]);
    bytes.extend([0xff, 0xd9]);
    bytes
}
