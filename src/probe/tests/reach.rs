//! Reach: connects and echoes.

use super::*;

fn tcp(addr: SocketAddr, confirming: bool) -> Question {
    let how = How::Tcp { host: addr.ip().to_string(), port: addr.port() };
    Question { how, confirming, canary: false, credential: None }
}

fn icmp(host: &str, fallback: u16, confirming: bool) -> Question {
    let how = How::Icmp { host: host.to_owned(), fallback };
    Question { how, confirming, canary: false, credential: None }
}

#[tokio::test]
async fn an_open_port_is_reached_and_left_by_a_reset() {
    let server = Server::start(|mut guest| async move {
        // A reset, and not a farewell, ends it.
        let end = guest.stream.read_u8().await.unwrap_err();
        guest.log.requests.lock().unwrap().push(format!("{:?}", end.kind()));
    })
    .await;
    for confirming in [false, true] {
        let answer = prober(patient()).ask_aloud(&tcp(server.addr, confirming)).await;
        assert_eq!((answer.result, answer.phase), (PASS, Phase::Connect), "{answer:?}");
        assert!(answer.rtt.is_some() && answer.times.get(Phase::Connect).is_some());
        assert!(answer.note.is_none() && !answer.credential_tried);
        assert_clean(&answer);
    }
    while server.log.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.log.requests(), ["ConnectionReset", "ConnectionReset"]);
}

#[tokio::test]
async fn a_confirming_try_ends_with_the_first_definite_answer() {
    // The limits are half a minute: if a refusal or an answer did not end it, this test would hang and be seen.
    let (closed, _held) = closed_port();
    let answer = prober(patient()).ask_aloud(&tcp(closed, true)).await;
    assert_eq!((answer.result, answer.phase), (failed(FailKind::Refused), Phase::Connect));
    assert!(answer.rtt.is_none() && answer.note.is_some());
    let server = Server::start(|mut guest| async move { guest.hang().await }).await;
    assert_eq!(prober(patient()).ask(&tcp(server.addr, true)).await.result, PASS);
    // The server hears of it a moment later; the next packet would have gone out seconds later.
    while server.log.connections.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.log.connections.load(Ordering::Relaxed), 1, "one answer was enough");
}

#[tokio::test]
async fn a_refusal_is_no_silence() {
    let (closed, _held) = closed_port();
    let answer = prober(patient()).ask(&tcp(closed, false)).await;
    assert_eq!(answer.result, failed(FailKind::Refused));
    assert_eq!(Hint::from(Check::Reach, &answer), Hint::PortClosed);
    assert!(answer.steps.is_empty(), "nobody asked aloud");
}

#[tokio::test]
async fn a_host_that_drops_packets_is_silent() {
    let (addr, _listener, _fillers) = dropping_port().await;
    for confirming in [false, true] {
        let answer = prober(hasty()).ask_aloud(&tcp(addr, confirming)).await;
        assert_eq!((answer.result, answer.phase), (failed(FailKind::Timeout), Phase::Connect));
        assert_eq!(Hint::from(Check::Reach, &answer), Hint::Silence);
        let tries = if confirming { "5 tries" } else { "1 tries" };
        assert!(answer.note.as_deref().is_some_and(|n| n.contains(tries)), "{:?}", answer.note);
    }
}

#[tokio::test]
async fn a_host_that_comes_back_is_found_by_a_later_packet() {
    let (addr, listener, fillers) = dropping_port().await;
    let wait = Duration::from_secs(20);
    let limits = Limits { confirm_reach: wait, reach_timeout: wait, confirm_packets: 40, ..Limits::default() };
    let asking = tokio::spawn(async move { prober(limits).ask(&tcp(addr, true)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(fillers);
    for _ in 0..2 {
        let _ = listener.accept().await;
    }
    assert_eq!(asking.await.unwrap().result, PASS);
}

/// While a whole town is silent, each of its probes would hold five sockets, and none were left for anybody else.
#[tokio::test]
async fn confirming_tries_hold_no_more_sockets_than_they_may() {
    let wait = Duration::from_secs(20);
    let silent_for = |more_connects| Limits {
        confirm_reach: Duration::from_millis(10),
        reach_timeout: wait,
        more_connects,
        ..Limits::default()
    };
    for (more_connects, places_left) in [(0, 0), (7, 0), (100, 60)] {
        let (addr, listener, fillers) = dropping_port().await;
        let prober = prober(silent_for(more_connects));
        let asking: Vec<_> = (0..10)
            .map(|_| {
                let prober = prober.clone();
                tokio::spawn(async move { prober.ask(&tcp(addr, true)).await })
            })
            .collect();
        // Each has sent its first packet, and as many more as there are places for.
        let free = || prober.inner.more_connects.available_permits();
        while free() > places_left {
            tokio::task::yield_now().await;
        }
        let held = tokio::time::timeout(Duration::from_millis(200), async {
            loop {
                assert!(free() >= places_left, "a place was given twice");
                tokio::task::yield_now().await;
            }
        });
        assert!(held.await.is_err());
        drop((listener, fillers));
        // The kernel sends the first packet again after a second; each try ends, whether its others were sent or not.
        for answer in asking {
            assert_eq!(answer.await.unwrap().result, failed(FailKind::Refused));
        }
        assert_eq!(free(), more_connects);
    }
}

#[tokio::test]
async fn what_is_not_on_the_list_is_never_dialled() {
    let server = Server::start(|mut guest| async move { guest.hang().await }).await;
    let strict = Prober::new(patient(), AllowList::new(vec!["10.0.0.0/8".parse().unwrap()], Vec::new()));
    let port = server.addr.port();
    for url in [
        format!("tcp://127.0.0.1:{port}"),
        format!("tcp://localhost:{port}"),
        format!("tcp://[::ffff:127.0.0.1]:{port}"),
        format!("rtsp://127.0.0.1:{port}/"),
        format!("rtsp://127.1:{port}/"),
        format!("rtsp://0x7f000001:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("https://localhost:{port}/"),
        "icmp://127.0.0.1".to_owned(),
    ] {
        let answer = strict.ask_aloud(&for_url(&Url::parse(&url).unwrap(), None).unwrap()).await;
        assert_eq!(answer.result, ProbeResult::Inconclusive(Inconclusive::NotAllowed), "{url}: {answer:?}");
        assert_eq!(answer.phase, Phase::Resolve, "{url}");
        assert_eq!(Hint::from(Check::Reach, &answer), Hint::NotAllowed);
        assert!(answer.note.as_deref().is_some_and(|n| n.contains("probe.allow")), "{url}");
    }
    assert_eq!(server.log.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_the_daemon_listens_on_is_never_dialled() {
    let server = Server::start(|mut guest| async move { guest.hang().await }).await;
    let all = vec!["127.0.0.0/8".parse().unwrap()];
    for own in [server.addr, SocketAddr::new("0.0.0.0".parse().unwrap(), server.addr.port())] {
        let prober = Prober::new(patient(), AllowList::new(all.clone(), vec![own]));
        let result = prober.ask(&tcp(server.addr, false)).await.result;
        assert_eq!(result, ProbeResult::Inconclusive(Inconclusive::NotAllowed));
    }
    assert_eq!(server.log.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_name_is_resolved_and_an_unknown_one_is_said() {
    let server = Server::start(|mut guest| async move { guest.hang().await }).await;
    let url = Url::parse(&format!("tcp://localhost:{}", server.addr.port())).unwrap();
    let answer = prober(patient()).ask_aloud(&for_url(&url, None).unwrap()).await;
    assert_eq!(answer.result, PASS, "{answer:?}");
    assert!(answer.times.get(Phase::Resolve).is_some());
    let url = Url::parse("tcp://no-such-camera.invalid:554").unwrap();
    let answer = prober(patient()).ask_aloud(&for_url(&url, None).unwrap()).await;
    assert_eq!((answer.result, answer.phase), (failed(FailKind::Unreachable), Phase::Resolve), "{answer:?}");
    assert_eq!(Hint::from(Check::Reach, &answer), Hint::Name);
}

/// A name server that does not answer says nothing about a camera; nor do those who wait before us. A canary has not
/// answered either way.
#[tokio::test]
async fn who_waits_for_a_name_says_nothing_about_its_camera_and_proves_no_sight() {
    let prober = prober(hasty());
    let all_taken = u32::try_from(prober.inner.look_ups.available_permits()).unwrap();
    let _held = prober.inner.look_ups.acquire_many(all_taken).await.unwrap();
    let camera = for_url(&Url::parse("tcp://localhost:9").unwrap(), None).unwrap();
    let answer = prober.ask(&camera).await;
    assert_eq!(answer.result, ProbeResult::Inconclusive(Inconclusive::OwnFault), "{answer:?}");
    assert_eq!((answer.phase, Hint::from(Check::Reach, &answer)), (Phase::Resolve, Hint::Resolver));
    let canary = prober.ask(&for_canary("localhost:9").unwrap()).await;
    assert_eq!((canary.result, canary.phase), (failed(FailKind::Timeout), Phase::Resolve), "{canary:?}");
}

#[tokio::test]
async fn an_address_of_version_6_is_asked_with_and_without_brackets() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        println!("skipped: no IPv6 on this machine");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    for host in ["::1", "[::1]"] {
        let how = How::Tcp { host: host.to_owned(), port };
        let question = Question { how, confirming: false, canary: false, credential: None };
        assert_eq!(prober(patient()).ask(&question).await.result, PASS, "{host}");
    }
}

/// Unprivileged ICMP is off in many containers: both ways are right here, and which one it was is told.
#[tokio::test]
async fn an_echo_is_answered_or_reach_falls_back_to_tcp_and_says_so() {
    let server = Server::start(|mut guest| async move { guest.hang().await }).await;
    let prober = prober(patient());
    let question = icmp("127.0.0.1", server.addr.port(), false);
    let answer = prober.ask_aloud(&question).await;
    assert_eq!((answer.result, answer.phase), (PASS, Phase::Connect), "{answer:?}");
    let fell_back = answer.steps.iter().any(|s| s.what.contains("no ICMP to be had"));
    assert_eq!(server.log.connections.load(Ordering::Relaxed), usize::from(fell_back));
    println!("ICMP on this machine: {}", if fell_back { "not to be had, by TCP" } else { "works" });

    // One host may be many cameras: echoes to it at the same time do not disturb each other.
    let (many, question) = (prober.clone(), icmp("127.0.0.1", server.addr.port(), true));
    let answers = futures_util::future::join_all((0..64).map(|_| many.ask(&question))).await;
    assert!(answers.iter().all(|a| a.result == PASS), "{:?}", answers.iter().find(|a| a.result != PASS));
}

#[tokio::test]
async fn without_icmp_the_port_decides() {
    let without = |icmp| Prober { inner: Arc::new(Inner::new(patient(), loopback(), icmp)) };
    let server = Server::start(|mut guest| async move { guest.hang().await }).await;
    let answer = without(Icmp::absent()).ask_aloud(&icmp("127.0.0.1", server.addr.port(), true)).await;
    assert_eq!(answer.result, PASS);
    assert!(answer.steps.iter().any(|s| s.what.contains("no ICMP to be had")), "{answer:?}");
    let (closed, _held) = closed_port();
    let answer = without(Icmp::absent()).ask(&icmp("127.0.0.1", closed.port(), false)).await;
    assert_eq!(answer.result, failed(FailKind::Refused));
}

/// No camera of the registry is allowed there, and none that redirects us there.
#[tokio::test]
async fn a_canary_is_allowed_by_being_named_and_its_neighbours_are_not() {
    let server = Server::start(|mut guest| async move { guest.hang().await }).await;
    let strict = |own| Prober::new(patient(), AllowList::new(vec!["10.0.0.0/8".parse().unwrap()], own));
    let canary = for_canary(&server.addr.to_string()).unwrap();
    assert_eq!(strict(Vec::new()).ask(&canary).await.result, PASS);
    let by_name = for_canary(&format!("localhost:{}", server.addr.port())).unwrap();
    assert_eq!(strict(Vec::new()).ask(&by_name).await.result, PASS, "a name is looked up at each question");
    let not_allowed = ProbeResult::Inconclusive(Inconclusive::NotAllowed);
    assert_eq!(strict(Vec::new()).ask(&tcp(server.addr, true)).await.result, not_allowed, "the same address, a camera");
    assert_eq!(strict(vec![server.addr]).ask(&canary).await.result, not_allowed, "what we listen on ourselves");
}

#[tokio::test]
async fn a_probe_that_breaks_off_is_a_fault_of_ours_and_an_answer() {
    let stop = unbroken(async { panic!("a parser of another maker") }).await.unwrap_err();
    assert_eq!(stop.result, ProbeResult::Inconclusive(Inconclusive::OwnFault));
    assert!(unbroken(async { Ok(()) }).await.is_ok());
}

#[test]
fn a_canary_is_asked_over_more_time_than_a_camera() {
    let limits = Limits::default();
    let canary = for_canary("10.0.0.1:80").unwrap();
    let most = |q: &Question| Pace::of(&limits, q).most;
    assert_eq!(most(&canary), Duration::from_millis(1_800));
    let camera = |confirming| tcp("10.0.0.1:80".parse().unwrap(), confirming);
    assert_eq!(most(&camera(false)), Duration::from_secs(1));
    assert_eq!(most(&camera(true)), most(&camera(false)), "who answers an ordinary try in time answers this one");
}
