//! One connection to a fake camera: misbehaves as its fault says, or reads requests and answers them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cunkou_core::model::stable_hash_parts;
use cunkou_core::town::Fault;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::board::Act;
use super::camera::FakeCamera;
use super::wire::{Answer, Protocol, Request, Wire};

/// How long a connection that is told nothing is kept.
const SILENCE: Duration = Duration::from_secs(60);
/// How late a slow camera answers.
pub(super) const SLOW: Duration = Duration::from_secs(2);
/// Bytes of noise.
pub(super) const NOISE: usize = 2 * 1024;
/// Bytes of an endless header sent at once, and the pause after them: 800 kB a second at most.
const ENDLESS_CHUNK: usize = 16 * 1024;
const ENDLESS_PAUSE: Duration = Duration::from_millis(20);
/// After this an endless header ends all the same.
const ENDLESS: Duration = Duration::from_secs(60);
/// How long a client that asked for the end of the connection may take to close it. It closes, not we: what we
/// closed first would linger for a minute in TIME_WAIT.
const GOODBYE: Duration = Duration::from_secs(1);

/// The time of day, as the simulator reads it; tests give their own.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What one listener serves for one thing of the registry.
#[derive(Clone)]
pub(super) enum Service {
    /// The stream of a camera.
    Rtsp(Arc<FakeCamera>),
    /// The pictures of a camera.
    Http(Arc<FakeCamera>),
    /// A port that accepts and has nothing to say: a node, the canary, a camera's port that is only connected to.
    Bare,
}

/// Everything one listener serves; most serve one thing.
pub(super) struct Port {
    pub(super) services: Vec<Service>,
    pub(super) clock: Clock,
}

/// What comes after a request.
enum Next {
    /// The next one.
    Go,
    /// Nothing: the connection is to be closed.
    Stop,
}

/// Serves a connection until the client goes. `acts` is what each of the services shows, in their order.
pub(super) async fn serve(stream: &mut TcpStream, port: &Port, acts: &[Act]) {
    let mut wire = Wire::new(stream);
    let common = common(acts);
    match common {
        Some(Fault::Reset) => return,
        Some(Fault::Hang) => return wire.sink(SILENCE).await,
        _ => {}
    }
    if port.services.iter().all(|s| matches!(s, Service::Bare)) {
        let fault = common.unwrap_or_default();
        _ = misbehave(&mut wire, fault, Protocol::Rtsp).await;
        return wire.sink(SILENCE).await;
    }
    // An error is a client that went away: there is nobody left to tell.
    while let Ok(Some(request)) = wire.next().await {
        match respond(&mut wire, port, acts, &request).await {
            Ok(Next::Go) => {}
            Ok(Next::Stop) | Err(_) => return,
        }
    }
}

/// The fault that all services of a listener have in common.
fn common(acts: &[Act]) -> Option<Fault> {
    let first = acts.first()?.fault;
    acts.iter().all(|a| a.fault == first).then_some(first)
}

async fn respond(wire: &mut Wire<'_>, port: &Port, acts: &[Act], request: &Request) -> std::io::Result<Next> {
    let Some((camera, act)) = addressee(port, acts, request) else {
        wire.send(&Answer::empty(404).to_bytes(request)).await?;
        return Ok(Next::Go);
    };
    if let Next::Stop = misbehave(wire, act.fault, request.protocol).await? {
        return Ok(Next::Stop);
    }
    if act.fault == Fault::Slow {
        sleep(SLOW).await;
    }
    let now = (port.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
    wire.send(&camera.answer(request, act, now).to_bytes(request)).await?;
    if request.close {
        wire.sink(GOODBYE).await;
        return Ok(Next::Stop);
    }
    Ok(Next::Go)
}

/// The camera a request is for, and what it shows: the only one that speaks the protocol here, or the one whose path
/// was asked for.
fn addressee<'a>(port: &'a Port, acts: &[Act], request: &Request) -> Option<(&'a FakeCamera, Act)> {
    let speaking = port.services.iter().zip(acts).filter_map(|(service, act)| match (service, request.protocol) {
        (Service::Rtsp(camera), Protocol::Rtsp) | (Service::Http(camera), Protocol::Http) => Some((&**camera, *act)),
        _ => None,
    });
    let speaking: Vec<_> = speaking.collect();
    match speaking.as_slice() {
        [only] => Some(*only),
        several => several.iter().find(|(camera, _)| camera.owns(request)).copied(),
    }
}

/// The faults that leave no room for an answer. A port that is shared with a healthy camera cannot be closed or go
/// silent for one of them alone: there, refuse and drop come down to reset and hang.
async fn misbehave(wire: &mut Wire<'_>, fault: Fault, protocol: Protocol) -> std::io::Result<Next> {
    match fault {
        Fault::Refuse | Fault::Reset => Ok(Next::Stop),
        Fault::Drop | Fault::Hang => {
            wire.sink(SILENCE).await;
            Ok(Next::Stop)
        }
        Fault::Garbage => {
            wire.send(&noise()).await?;
            wire.sink(SILENCE).await;
            Ok(Next::Stop)
        }
        Fault::Endless => {
            endless(wire, protocol).await?;
            Ok(Next::Stop)
        }
        Fault::None | Fault::Auth | Fault::Busy | Fault::Slow | Fault::Black | Fault::Frozen | Fault::Clock => {
            Ok(Next::Go)
        }
    }
}

/// Noise, the same at every time: no line end stands in it, and no byte that begins a word or an interleaved frame.
pub(super) fn noise() -> Vec<u8> {
    let byte = |i: usize| (stable_hash_parts(&["noise", &i.to_string()]) >> 32) as u8;
    (0..NOISE).map(|i| byte(i) | 0x80).collect()
}

async fn endless(wire: &mut Wire<'_>, protocol: Protocol) -> std::io::Result<()> {
    let end = Instant::now() + ENDLESS;
    wire.send(format!("{} 200 OK\r\n", protocol.version()).as_bytes()).await?;
    let line = format!("X-Padding: {}\r\n", "0".repeat(1024 - 13));
    let chunk = line.repeat(ENDLESS_CHUNK / line.len());
    while Instant::now() < end {
        wire.send(chunk.as_bytes()).await?;
        sleep(ENDLESS_PAUSE).await;
    }
    Ok(())
}
