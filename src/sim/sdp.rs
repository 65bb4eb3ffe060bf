//! Session descriptions as cameras write them: H.264 with true parameter sets, or H.265.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the video is coded with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Codec {
    H264,
    H265,
}

/// How a maker writes; the shapes seen in answers of real cameras.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Make {
    Hikvision,
    Dahua,
    Live555,
}

/// What the description says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Video<'a> {
    pub(super) make: Make,
    pub(super) codec: Codec,
    pub(super) width: u32,
    pub(super) height: u32,
    /// The URL the client asked for.
    pub(super) url: &'a str,
    /// The camera's address.
    pub(super) host: &'a str,
    /// A number of its own for the session.
    pub(super) session: u64,
}

/// The session description.
pub(super) fn describe(video: &Video<'_>) -> String {
    let Video { make, session, host, width, height, .. } = *video;
    let base = video.url.trim_end_matches('/');
    let family = if host.contains(':') { "IP6" } else { "IP4" };
    let any = if host.contains(':') { "::" } else { "0.0.0.0" };
    let (name, head, track) = match make {
        Make::Hikvision => ("Media Presentation", format!("e=NONE\r\nb=AS:5050\r\nt=0 0\r\na=control:{base}/\r\n"), {
            format!("b=AS:5000\r\na=recvonly\r\na=x-dimensions:{width},{height}\r\na=control:{base}/trackID=1\r\n")
        }),
        Make::Dahua => (
            "Media Server",
            "t=0 0\r\na=control:*\r\na=packetization-supported:DH\r\na=range:npt=now-\r\n".to_owned(),
            "a=control:trackID=0\r\na=framerate:25.000000\r\na=recvonly\r\n".to_owned(),
        ),
        Make::Live555 => (
            "IP Camera Video",
            "t=0 0\r\na=type:broadcast\r\na=control:*\r\na=range:npt=0-\r\n".to_owned(),
            format!("b=AS:2048\r\na=framesize:96 {width}-{height}\r\na=control:track1\r\n"),
        ),
    };
    let (codec, parameters) = match video.codec {
        Codec::H264 => ("H264", h264_parameters(width, height)),
        // Many H.265 cameras send their parameter sets within the stream only (RFC 7798, section 7.1: optional).
        Codec::H265 => ("H265", "profile-space=0;profile-id=1;tier-flag=0;level-id=123".to_owned()),
    };
    format!(
        "v=0\r\no=- {session} 1 IN {family} {host}\r\ns={name}\r\n{head}m=video 0 RTP/AVP 96\r\nc=IN {family} {any}\r\n\
         {track}a=rtpmap:96 {codec}/90000\r\na=fmtp:96 {parameters}\r\n"
    )
}

fn h264_parameters(width: u32, height: u32) -> String {
    let sps = h264_sps(width, height);
    // Entropy coding CAVLC, one slice group, one reference each way, all else off.
    const PPS: [u8; 4] = [0x68, 0xce, 0x38, 0x80];
    format!(
        "profile-level-id={:02X}{:02X}{:02X};packetization-mode=1;sprop-parameter-sets={},{}",
        sps[1],
        sps[2],
        sps[3],
        STANDARD.encode(&sps),
        STANDARD.encode(PPS)
    )
}

/// A sequence parameter set (ITU-T H.264, 7.3.2.1.1): baseline, level 4.1, progressive, cropped to the exact size.
fn h264_sps(width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width.clamp(16, 16_384), height.clamp(16, 16_384));
    let (mbs_wide, mbs_high) = (width.div_ceil(16), height.div_ceil(16));
    let (crop_right, crop_bottom) = ((mbs_wide * 16 - width) / 2, (mbs_high * 16 - height) / 2);
    let mut bits = Bits::default();
    bits.exp_golomb(0); // seq_parameter_set_id
    bits.exp_golomb(0); // log2_max_frame_num_minus4
    bits.exp_golomb(2); // pic_order_cnt_type: output order is decoding order
    bits.exp_golomb(1); // max_num_ref_frames
    bits.push(0, 1); // gaps_in_frame_num_value_allowed_flag
    bits.exp_golomb(mbs_wide - 1);
    bits.exp_golomb(mbs_high - 1);
    bits.push(1, 1); // frame_mbs_only_flag
    bits.push(1, 1); // direct_8x8_inference_flag
    let crops = crop_right > 0 || crop_bottom > 0;
    bits.push(u32::from(crops), 1);
    if crops {
        [0, crop_right, 0, crop_bottom].into_iter().for_each(|c| bits.exp_golomb(c));
    }
    bits.push(0, 1); // vui_parameters_present_flag
    bits.push(1, 1); // rbsp_stop_one_bit
    let mut sps = vec![0x67, 0x42, 0xc0, 0x29];
    sps.extend(with_emulation_prevention(&bits.bytes()));
    sps
}

/// No three bytes 0, 0, 0..3 may follow each other within a unit (ITU-T H.264, 7.4.1).
fn with_emulation_prevention(raw: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(raw.len());
    for byte in raw {
        if *byte <= 3 && out.ends_with(&[0, 0]) {
            out.push(3);
        }
        out.push(*byte);
    }
    out
}

#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.0.extend((0..count).rev().map(|i| value >> i & 1 == 1));
    }

    fn exp_golomb(&mut self, value: u32) {
        let length = 32 - (value + 1).leading_zeros();
        self.push(0, length - 1);
        self.push(value + 1, length);
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| bits.iter().enumerate().fold(0, |b, (i, bit)| b | u8::from(*bit) << (7 - i));
        self.0.chunks(8).map(byte).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Width and height as a decoder reads them from a sequence parameter set of the baseline profile.
    fn size_of(sps: &[u8]) -> (u32, u32) {
        let mut raw: Vec<u8> = Vec::new();
        for (i, b) in sps[4..].iter().enumerate() {
            if !(*b == 3 && i >= 2 && sps[4 + i - 2..4 + i] == [0, 0]) {
                raw.push(*b);
            }
        }
        let bits: Vec<u32> = raw.iter().flat_map(|b| (0..8).rev().map(move |i| u32::from(b >> i & 1))).collect();
        let mut at = 0;
        let mut take = |n: usize| {
            at += n;
            bits[at - n..at].iter().fold(0, |v, b| v << 1 | b)
        };
        let ue = |take: &mut dyn FnMut(usize) -> u32| {
            let zeros = (0..).take_while(|_| take(1) == 0).count();
            (1 << zeros | take(zeros)) - 1
        };
        (0..4).for_each(|_| _ = ue(&mut take));
        take(1);
        let (wide, high) = (ue(&mut take) + 1, ue(&mut take) + 1);
        assert_eq!((take(1), take(1)), (1, 1));
        let crop = if take(1) == 1 { [0; 4].map(|_| ue(&mut take)) } else { [0; 4] };
        (wide * 16 - 2 * (crop[0] + crop[1]), high * 16 - 2 * (crop[2] + crop[3]))
    }

    #[test]
    fn the_parameter_set_tells_the_size() {
        for size in
            [(1920, 1080), (2560, 1440), (352, 288), (704, 576), (3840, 2160), (1280, 720), (16, 16), (4096, 256)]
        {
            assert_eq!(size_of(&h264_sps(size.0, size.1)), size);
        }
    }

    #[test]
    fn emulation_is_prevented() {
        assert_eq!(with_emulation_prevention(&[0, 0, 0, 0, 1, 4]), [0, 0, 3, 0, 0, 3, 1, 4]);
    }

    #[test]
    fn every_make_and_codec_describes_one_video_track() {
        for make in [Make::Hikvision, Make::Dahua, Make::Live555] {
            for (codec, map) in [(Codec::H264, "a=rtpmap:96 H264/90000"), (Codec::H265, "a=rtpmap:96 H265/90000")] {
                let (url, host) = ("rtsp://127.20.0.1:8554/a/", "127.20.0.1");
                let sdp = describe(&Video { make, codec, width: 1920, height: 1080, url, host, session: 7 });
                let lines: Vec<&str> = sdp.split("\r\n").collect();
                assert_eq!((lines[0], lines[1]), ("v=0", "o=- 7 1 IN IP4 127.20.0.1"));
                assert_eq!(lines.iter().filter(|l| l.starts_with("m=video ")).count(), 1);
                assert_eq!(lines.iter().filter(|l| l.starts_with("a=control:")).count(), 2, "session and track");
                assert!(lines.contains(&map) && sdp.ends_with("\r\n"));
                assert!(lines[..lines.len() - 1].iter().all(|l| l.as_bytes().get(1) == Some(&b'=')), "{sdp}");
            }
        }
    }
}
