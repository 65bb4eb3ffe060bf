//! TLS: stopped half way, too old, and a self-signed certificate as cameras have one.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

/// A server that reads the first bytes of a handshake and answers them by these.
async fn answering_hello(bytes: &'static [u8], then_hang: bool) -> Server {
    Server::start(move |mut guest| async move {
        let mut hello = [0; 5];
        if guest.stream.read_exact(&mut hello).await.is_ok() {
            guest.send(bytes).await;
            if then_hang {
                guest.hang().await;
            } else {
                _ = guest.stream.shutdown().await;
                guest.hang().await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_handshake_that_stops_half_way_ends_in_the_phase_tls() {
    for scheme in ["rtsps", "https"] {
        let hanging = answering_hello(b"\x16\x03\x03", true).await;
        let answer = ask(hasty(), &format!("{scheme}://{}/", hanging.addr), None).await;
        assert_eq!((answer.result, answer.phase), (failed(FailKind::Timeout), Phase::Tls), "{answer:?}");
        assert_eq!(Hint::from(Check::Stream, &answer), Hint::Hung);
        let closing = answering_hello(b"\x16\x03\x03", false).await;
        let answer = ask(patient(), &format!("{scheme}://{}/", closing.addr), None).await;
        assert_eq!((answer.result, answer.phase), (failed(FailKind::Reset), Phase::Tls), "{answer:?}");
        let plain = answering_hello(b"HTTP/1.1 400 Bad Request\r\n\r\n", true).await;
        let answer = ask(patient(), &format!("{scheme}://{}/", plain.addr), None).await;
        assert_eq!((answer.result, answer.phase), (failed(FailKind::Tls), Phase::Tls), "{answer:?}");
        assert_eq!(Hint::from(Check::Stream, &answer), Hint::Tls);
    }
}

#[tokio::test]
async fn tls_of_another_age_is_an_answer_and_no_failure() {
    // A ServerHello of TLS 1.0, with TLS_RSA_WITH_AES_128_CBC_SHA.
    const OLD_HELLO: &[u8] = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01\
        0123456789abcdef0123456789abcdef\x00\x00\x2f\x00";
    for (name, bytes) in [
        ("protocol_version", b"\x15\x03\x01\x00\x02\x02\x46".as_slice()),
        ("handshake_failure", b"\x15\x03\x01\x00\x02\x02\x28"),
        ("insufficient_security", b"\x15\x03\x03\x00\x02\x02\x47"),
        ("a hello of TLS 1.0", OLD_HELLO),
    ] {
        let server = answering_hello(bytes, true).await;
        let answer = ask(patient(), &format!("https://{}/", server.addr), None).await;
        assert_eq!((answer.result, answer.phase), (answered(Reason::TlsTooOld), Phase::Tls), "{name}: {answer:?}");
        assert_eq!(Hint::from(Check::Picture, &answer), Hint::OldTls);
    }
}

/// A self-signed certificate, made by openssl where the machine has it.
fn self_signed() -> Option<rustls::ServerConfig> {
    let dir = tempfile::tempdir().unwrap();
    let (key, cert) = (dir.path().join("key.pem"), dir.path().join("cert.pem"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=camera", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output();
    if !made.is_ok_and(|m| m.status.success()) {
        println!("skipped: no openssl on this machine");
        return None;
    }
    let (key, cert) = (PrivateKeyDer::from_pem_file(key).unwrap(), CertificateDer::from_pem_file(cert).unwrap());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Some(builder.with_no_client_auth().with_single_cert(vec![cert], key).unwrap())
}

#[tokio::test]
async fn a_self_signed_camera_passes_and_may_ask_for_basic() {
    let Some(config) = self_signed() else { return };
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let server = Server::start(move |guest| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut tls) = acceptor.accept(guest.stream).await else { return };
            let mut heard = Vec::new();
            while tls.read_buf(&mut heard).await.is_ok_and(|n| n > 0) {
                if !heard.ends_with(b"\r\n\r\n") {
                    continue;
                }
                let request = String::from_utf8(std::mem::take(&mut heard)).unwrap();
                let known = request.to_lowercase().contains("authorization: basic ");
                let answer = match (request.starts_with("GET"), known) {
                    (true, true) => http_answer("200 OK", "", &jpeg_bytes()),
                    (true, false) => http_answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"c\"\r\n", b""),
                    (false, true) => rtsp_answer(&request, "200 OK", "", SDP),
                    (false, false) => {
                        rtsp_answer(&request, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"c\"\r\n", "")
                    }
                };
                guest.log.requests.lock().unwrap().push(request);
                if tls.write_all(&answer).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    for scheme in ["https", "rtsps"] {
        let answer = ask(patient(), &format!("{scheme}://{}/", server.addr), Some(credential(false))).await;
        assert_eq!((answer.result, answer.credential_tried), (PASS, true), "{scheme}: {answer:?}");
        assert!(answer.times.get(Phase::Tls).is_some());
    }
    assert!(server.log.requests().iter().any(|r| r.contains(&basic_token())));
}
