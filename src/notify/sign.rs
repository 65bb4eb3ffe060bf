//! The signatures of robots: HMAC-SHA256 over time and secret, each vendor in its own way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cunkou_core::model::Time;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// DingTalk: keyed with the secret, over `milliseconds \n secret`; the same time goes out beside it.
pub(super) fn dingtalk(secret: &str, at: Time) -> String {
    hmac(secret.as_bytes(), format!("{}\n{secret}", at.millis()).as_bytes())
}

/// Feishu: keyed with `seconds \n secret`, over nothing.
pub(super) fn feishu(secret: &str, at: Time) -> String {
    hmac(format!("{}\n{secret}", seconds(at)).as_bytes(), b"")
}

/// Whole seconds since 1970.
pub(super) fn seconds(at: Time) -> i64 {
    at.millis().div_euclid(1_000)
}

fn hmac(key: &[u8], text: &[u8]) -> String {
    // A key of any length is one; a signature that could not be made would be refused, and told.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reckoned with another program: Python's hmac, as in the vendors' examples.
    #[test]
    fn signatures_are_those_of_the_vendors() {
        assert_eq!(dingtalk("this is secret", Time(1_582_163_555_000)), "1pZbuc8AV5OdpSsTtxSLDV03h35YYwT+4fP9NIYFNmI=");
        assert_eq!(feishu("demo", Time(100_999)), "jquNHnVOwmDRfw+vqTIrY5dooJAgi5EcRtLsQE4wfXg=");
    }
}
