//! Every fault of the table in names.md, on a camera of its own.

use super::*;

#[tokio::test]
async fn refuse_closes_both_ports_until_healed() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    rig.camera("C1", Fault::Refuse).await;
    assert!(is_refused(rig.rtsp(1)).await && is_refused(rig.http(1)).await);
    rig.camera("C1", Fault::None).await;
    assert_eq!((rig.options(1).await.status, rig.picture(1).await.status), (200, 200));
}

#[tokio::test]
async fn drop_lets_connecting_time_out_and_silences_what_is_connected() {
    let rig = Plan::new().camera("C1", 1, |_| {}).camera("C2", 2, |_| {}).start().await;
    let mut old = Client::to(rig.rtsp(1)).await.unwrap();
    assert_eq!(old.rtsp("OPTIONS", "*", "").await.unwrap().status, 200);
    rig.camera("C1", Fault::Drop).await;
    old.send("OPTIONS * RTSP/1.0\r\nCSeq: 5\r\n\r\n").await.unwrap();
    let (rtsp, http, silent) = tokio::join!(times_out(rig.rtsp(1)), times_out(rig.http(1)), old.is_silent());
    assert!(rtsp && http && silent, "{rtsp} {http} {silent}");
    assert_eq!(rig.options(2).await.status, 200, "the neighbour lives");
    rig.camera("C1", Fault::None).await;
    assert_eq!((rig.options(1).await.status, rig.picture(1).await.status), (200, 200));
    assert!(old.has_ended().await, "a host that comes back knows nothing of its old connections");
}

#[tokio::test]
async fn a_dead_host_can_turn_into_any_other_fault() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    for fault in [Fault::Drop, Fault::Refuse, Fault::Drop, Fault::Busy, Fault::Refuse, Fault::Busy, Fault::Drop] {
        rig.camera("C1", fault).await;
        match fault {
            Fault::Refuse => assert!(is_refused(rig.rtsp(1)).await),
            Fault::Busy => assert_eq!(rig.options(1).await.status, 503),
            _ => assert!(timeout(QUIET, TcpStream::connect(rig.rtsp(1))).await.is_err()),
        }
    }
}

#[tokio::test]
async fn hang_accepts_and_says_nothing() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    rig.camera("C1", Fault::Hang).await;
    let mut client = Client::to(rig.rtsp(1)).await.unwrap();
    client.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n").await.unwrap();
    assert!(client.is_silent().await);
    rig.camera("C1", Fault::None).await;
    assert!(client.has_ended().await);
}

#[tokio::test]
async fn reset_accepts_and_resets() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    rig.camera("C1", Fault::Reset).await;
    for address in [rig.rtsp(1), rig.http(1)] {
        let mut client = Client::to(address).await.unwrap();
        let error = timeout(PATIENCE, client.0.read_u8()).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn garbage_is_two_kibibytes_of_noise() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    rig.camera("C1", Fault::Garbage).await;
    for (address, request) in [
        (rig.rtsp(1), "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
        (rig.http(1), "GET /snapshot.jpg HTTP/1.1\r\nHost: x\r\n\r\n"),
    ] {
        let mut client = Client::to(address).await.unwrap();
        client.send(request).await.unwrap();
        let mut noise = vec![0; 2 * 1024];
        timeout(PATIENCE, client.0.read_exact(&mut noise)).await.unwrap().unwrap();
        assert!(std::str::from_utf8(&noise).is_err() && !noise.contains(&b'\n'));
        assert!(client.is_silent().await, "and no more than that");
    }
}

#[tokio::test]
async fn endless_sends_a_header_without_end() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    rig.camera("C1", Fault::Endless).await;
    for (address, request, version) in [
        (rig.rtsp(1), "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 200 OK\r\n"),
        (rig.http(1), "GET /snapshot.jpg HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
    ] {
        let mut client = Client::to(address).await.unwrap();
        client.send(request).await.unwrap();
        let mut head = vec![0; 100 * 1024];
        timeout(PATIENCE, client.0.read_exact(&mut head)).await.unwrap().unwrap();
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with(version) && !head.contains("\r\n\r\n"));
        assert!(head.lines().skip(1).all(|l| l.starts_with("X-Padding: ") || !l.contains(':')));
    }
}

#[tokio::test]
async fn auth_refuses_everything_but_options() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    rig.camera("C1", Fault::Auth).await;
    assert_eq!(rig.options(1).await.status, 200);
    let described = Client::to(rig.rtsp(1)).await.unwrap().rtsp("DESCRIBE", &rig.url(1), "").await.unwrap();
    let picture = rig.picture(1).await;
    assert_eq!((described.status, picture.status), (401, 401));
    assert!(!described.header("www-authenticate").is_empty() && !picture.header("www-authenticate").is_empty());
}

#[tokio::test]
async fn busy_answers_503_to_everything() {
    let rig = Plan::new().camera("C1", 1, |c| c.credential = Some("town".into())).start().await;
    rig.camera("C1", Fault::Busy).await;
    let described = Client::to(rig.rtsp(1)).await.unwrap().rtsp("DESCRIBE", &rig.url(1), "").await.unwrap();
    assert_eq!((rig.options(1).await.status, described.status, rig.picture(1).await.status), (503, 503, 503));
}

#[tokio::test]
async fn slow_answers_after_two_seconds() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    rig.camera("C1", Fault::Slow).await;
    let begun = tokio::time::Instant::now();
    let (options, picture) = tokio::join!(rig.options(1), rig.picture(1));
    assert_eq!((options.status, picture.status), (200, 200));
    assert!(begun.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn pictures_move_freeze_and_go_black() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    let tick = || rig.second.fetch_add(1, Ordering::Relaxed);
    let first = rig.picture(1).await.body;
    assert_eq!(first, rig.picture(1).await.body, "one picture a second");
    tick();
    let second = rig.picture(1).await.body;
    assert_ne!(first, second);
    rig.camera("C1", Fault::Frozen).await;
    tick();
    assert_eq!(rig.picture(1).await.body, second, "the picture of the moment the fault was set");
    tick();
    rig.camera("C1", Fault::Frozen).await;
    assert_eq!(rig.picture(1).await.body, second, "set again, it is the same fault");
    rig.camera("C1", Fault::Black).await;
    let black = rig.picture(1).await.body;
    assert!(decoded(&black).2 < 20 && decoded(&second).2 > 60, "{} {}", decoded(&black).2, decoded(&second).2);
    rig.camera("C1", Fault::None).await;
    let healthy = rig.picture(1).await.body;
    assert!(healthy != second && decoded(&healthy).2 > 60);
}

#[tokio::test]
async fn a_fault_ends_connections_that_stand() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    for fault in [Fault::Busy, Fault::Refuse, Fault::None, Fault::Hang] {
        let before = Client::to(rig.rtsp(1)).await;
        let Ok(mut client) = before else {
            rig.camera("C1", fault).await;
            continue;
        };
        client.rtsp("OPTIONS", "*", "").await.unwrap();
        rig.camera("C1", fault).await;
        assert!(client.has_ended().await, "{fault:?}");
    }
}

#[tokio::test]
async fn a_port_shared_by_two_cameras_fails_for_one_of_them() {
    let channel = |n: u8, port: u16| {
        move |c: &mut Camera| c.rtsp = Some(format!("rtsp://{{host}}:{port}/main?channel={n}").into())
    };
    let plan = Plan::new();
    let port = plan.port;
    let rig = plan.camera("C1", 1, channel(1, port)).camera("C2", 1, channel(2, port)).start().await;
    let ask = async |n: u8| {
        let url = format!("rtsp://{}/main?channel={n}", rig.rtsp(1));
        Client::to(rig.rtsp(1)).await?.rtsp("DESCRIBE", &url, "").await.map(|r| r.status)
    };
    assert_eq!((ask(1).await.unwrap(), ask(2).await.unwrap(), ask(3).await.unwrap()), (200, 200, 404));
    rig.camera("C1", Fault::Refuse).await;
    assert_eq!(ask(1).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(ask(2).await.unwrap(), 200);
    rig.camera("C2", Fault::Refuse).await;
    assert!(is_refused(rig.rtsp(1)).await, "nobody is left behind the port");
}

/// One listener a port for the whole town: each camera is met at its own address, and fails alone.
#[tokio::test]
async fn a_crowd_behind_one_listener_is_many_cameras() {
    let mut plan = Plan::new();
    // A port of its own: it is taken on all of loopback.
    plan.port = 30_000 + u16::try_from(std::process::id() % 1_300).unwrap() * 2;
    let plan = plan.node("up", 101, Needs::All, &[], &[]).camera("C1", 1, |_| {});
    let plan = plan.camera("C2", 2, |c| c.node = vec![NodeId::new("up").unwrap()]);
    let rig = plan.start_fast().await;
    assert_eq!((rig.options(1).await.status, rig.picture(2).await.status), (200, 200));
    assert_ne!(rig.picture(1).await.body, rig.picture(2).await.body);
    let mut stranger = Client::to(rig.rtsp(77)).await.unwrap();
    assert!(stranger.has_ended().await, "nobody stands there");

    rig.camera("C1", Fault::Busy).await;
    assert_eq!((rig.options(1).await.status, rig.options(2).await.status), (503, 200));
    let mut standing = Client::to(rig.rtsp(1)).await.unwrap();
    assert_eq!(standing.rtsp("OPTIONS", "*", "").await.unwrap().status, 503);
    rig.camera("C1", Fault::Refuse).await;
    assert!(standing.has_ended().await);
    let mut refused = Client::to(rig.rtsp(1)).await.unwrap();
    let _ = refused.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n").await;
    assert!(refused.has_ended().await, "refuse comes down to reset");
    rig.node("up", Fault::Drop).await;
    assert_eq!(rig.sim.faults().cut_off, ["C2"]);
    let mut silent = Client::to(rig.rtsp(2)).await.unwrap();
    silent.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n").await.unwrap();
    assert!(silent.is_silent().await, "drop comes down to hang");
    rig.node("up", Fault::None).await;
    rig.camera("C1", Fault::None).await;
    assert_eq!((rig.options(1).await.status, rig.options(2).await.status), (200, 200));
    let camera = rig.rtsp(1);
    rig.sim.shutdown().await;
    assert!(is_refused(camera).await);
}

#[tokio::test]
async fn a_crowd_stands_on_loopback_only() {
    let plan = Plan::new().camera("C1", 1, |c| c.host = Some("192.0.2.7".into()));
    let (mut options, _) = plan.options();
    (options.fast, options.allow) = (true, vec!["192.0.2.0/24".parse().unwrap()]);
    let error = Simulator::start(Arc::new(plan.registry), options).await.unwrap_err();
    assert!(matches!(error, SimError::NotFast { .. }), "{error}");
}
