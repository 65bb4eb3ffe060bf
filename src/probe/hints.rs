//! What to try next, for a tech on a pole: from what was heard to one sentence.

use cunkou_core::model::{Check, FailKind, Inconclusive, Language, Phase, ProbeResult, Reason};

use super::Answer;

/// What to try next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// All is well.
    Nothing,
    /// The name is not known.
    Name,
    /// No answer at all.
    Silence,
    /// The network says that there is no way.
    NoWay,
    /// The host answers, the port is closed.
    PortClosed,
    /// It accepts and says nothing.
    Hung,
    /// It tears the connection down.
    Reset,
    /// It speaks something else.
    OtherProtocol,
    /// TLS fails.
    Tls,
    /// Its TLS is too old.
    OldTls,
    /// The body is not what was asked for.
    Body,
    /// The password.
    Password,
    /// Busy.
    Busy,
    /// The method.
    Method,
    /// Ours: not on the list.
    NotAllowed,
    /// Ours: handles, memory.
    Ours,
    /// Ours: nobody answers who looks up names.
    Resolver,
    /// Another trouble of the picture.
    Picture,
}

impl Hint {
    /// Every hint, in order.
    pub const ALL: [Hint; 18] = [
        Hint::Nothing,
        Hint::Name,
        Hint::Silence,
        Hint::NoWay,
        Hint::PortClosed,
        Hint::Hung,
        Hint::Reset,
        Hint::OtherProtocol,
        Hint::Tls,
        Hint::OldTls,
        Hint::Body,
        Hint::Password,
        Hint::Busy,
        Hint::Method,
        Hint::NotAllowed,
        Hint::Ours,
        Hint::Resolver,
        Hint::Picture,
    ];

    /// The hint that an answer gives.
    #[must_use]
    pub fn from(check: Check, answer: &Answer) -> Hint {
        Hint::of(check, answer.result, answer.phase)
    }

    /// The hint that a result gives, and the phase in which the probe ended.
    #[must_use]
    pub fn of(check: Check, result: ProbeResult, phase: Phase) -> Hint {
        match result {
            ProbeResult::Pass { .. } => Hint::Nothing,
            ProbeResult::Fail(kind) => Hint::of_failure(kind, check, phase),
            ProbeResult::Answered(reason) => match reason {
                Reason::Auth => Hint::Password,
                Reason::Busy => Hint::Busy,
                Reason::Method => Hint::Method,
                Reason::TlsTooOld => Hint::OldTls,
                _ => Hint::Picture,
            },
            ProbeResult::Inconclusive(Inconclusive::NotAllowed) => Hint::NotAllowed,
            ProbeResult::Inconclusive(Inconclusive::OwnFault) if phase == Phase::Resolve => Hint::Resolver,
            ProbeResult::Inconclusive(_) => Hint::Ours,
        }
    }

    fn of_failure(kind: FailKind, check: Check, phase: Phase) -> Hint {
        match (kind, phase) {
            (FailKind::Unreachable, Phase::Resolve) | (FailKind::Timeout, Phase::Resolve) => Hint::Name,
            (FailKind::Timeout, Phase::Connect) => Hint::Silence,
            (FailKind::Timeout, _) => Hint::Hung,
            (FailKind::Unreachable, _) => Hint::NoWay,
            (FailKind::Refused, _) => Hint::PortClosed,
            (FailKind::Reset, _) => Hint::Reset,
            (FailKind::Protocol, _) => Hint::OtherProtocol,
            (FailKind::Tls, _) => Hint::Tls,
            (FailKind::Body, _) if check == Check::Picture => Hint::Picture,
            (FailKind::Body, _) => Hint::Body,
        }
    }

    /// The sentence.
    #[must_use]
    pub const fn words(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en(),
            Language::ZhCn => self.zh(),
        }
    }

    const fn en(self) -> &'static str {
        match self {
            Hint::Nothing => "nothing to do: it answers as it should",
            Hint::Name => "the name is not known: is it spelt right, does DNS answer on this machine?",
            Hint::Silence => {
                "no answer at all: look at power and link lights, then at the node above; does another camera of the pole answer?"
            }
            Hint::NoWay => "there is no way to that network: look at routes and the uplink of this machine",
            Hint::PortClosed => {
                "the host answers but the port is closed: is the service on, is the port right? The network is sound."
            }
            Hint::Hung => "it takes the connection and says nothing: its service hangs; restart it",
            Hint::Reset => {
                "it tears the connection down: too many clients, or a restart going on; try again in a minute"
            }
            Hint::OtherProtocol => "something else answers there: is it the right port, is it the right device?",
            Hint::Tls => "TLS fails: does the URL need https or rtsps at all?",
            Hint::OldTls => {
                "it speaks only TLS older than 1.2: update its firmware, or use the plain port inside the camera network"
            }
            Hint::Body => "it answers, but with something else than asked: look at the path of the URL",
            Hint::Password => {
                "the password is refused or missing: do other cameras of this node take it? Many devices lock after a few tries, so do not guess"
            }
            Hint::Busy => "it is busy: too many clients; try again in a minute",
            Hint::Method => "it does not know the method: look at its profile settings",
            Hint::NotAllowed => {
                "the address is not in probe.allow: add its network to the settings if it is a camera's"
            }
            Hint::Ours => "the trouble is ours: look at open files and memory of this machine",
            Hint::Resolver => {
                "the name could not be looked up, which says nothing about the device: does DNS answer on this machine? An address in its place needs none"
            }
            Hint::Picture => {
                "it answers, but not with a usable picture: open the URL in a browser; is it a login page?"
            }
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Hint::Nothing => "一切正常，无需处理",
            Hint::Name => "域名无法解析：检查拼写，检查本机 DNS",
            Hint::Silence => "完全没有应答：先看电源和链路灯，再看上级节点；同杆的其他摄像机是否应答？",
            Hint::NoWay => "没有到该网络的路由：检查本机路由和上联",
            Hint::PortClosed => "主机有应答但端口关闭：服务是否开启、端口是否正确？网络是通的",
            Hint::Hung => "接受连接但不说话：服务挂死，请重启设备",
            Hint::Reset => "连接被重置：连接数过多或设备正在重启，一分钟后再试",
            Hint::OtherProtocol => "应答的不是该协议：端口对吗？设备对吗？",
            Hint::Tls => "TLS 失败：该地址真的需要 https 或 rtsps 吗？",
            Hint::OldTls => "设备只支持低于 1.2 的 TLS：升级固件，或在摄像机专网内使用明文端口",
            Hint::Body => "有应答，但内容不对：检查 URL 路径",
            Hint::Password => "密码被拒绝或缺失：同节点的其他摄像机能用吗？多次尝试会锁定账号，不要猜密码",
            Hint::Busy => "设备忙：客户端过多，一分钟后再试",
            Hint::Method => "设备不支持该方法：检查其协议设置",
            Hint::NotAllowed => "地址不在 probe.allow 中：如确为摄像机网段，请加入设置",
            Hint::Ours => "问题在本机：检查打开文件数和内存",
            Hint::Resolver => "域名查询无应答，不说明设备有问题：检查本机 DNS；主机改填 IP 地址则不依赖 DNS",
            Hint::Picture => "有应答，但不是可用的图片：用浏览器打开该地址，是否是登录页？",
        }
    }
}
