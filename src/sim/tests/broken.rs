//! Nodes, areas, and where the simulator may stand.

use super::*;

fn node_of(camera: &mut Camera, node: &str) {
    camera.node = vec![NodeId::new(node).unwrap()];
}

#[tokio::test]
async fn a_ring_survives_one_side_and_a_feed_takes_what_it_feeds() {
    let rig = Plan::new()
        .node("a", 101, Needs::All, &[], &[])
        .node("b", 102, Needs::All, &[], &[])
        .node("ring", 103, Needs::Any, &["a", "b"], &["feed"])
        .node("feed", 104, Needs::All, &[], &[])
        .camera("C1", 1, |c| node_of(c, "ring"))
        .camera("C2", 2, |c| node_of(c, "a"))
        .start()
        .await;
    rig.node("a", Fault::Refuse).await;
    let faults = rig.sim.faults();
    assert_eq!((faults.cut_off, faults.nodes.len()), (vec!["C2".to_owned()], 1));
    assert!(times_out(rig.rtsp(101)).await, "a dead switch refuses nothing, whatever the fault is called");
    assert_eq!(rig.options(1).await.status, 200, "the other side of the ring carries it");
    assert!(Client::to(rig.rtsp(103)).await.is_ok());
    rig.node("b", Fault::Drop).await;
    let (own, ring, c1, c2) = tokio::join!(
        times_out(rig.rtsp(102)),
        times_out(rig.rtsp(103)),
        times_out(rig.http(1)),
        times_out(rig.rtsp(2))
    );
    assert!(own && ring && c1 && c2, "{own} {ring} {c1} {c2}");
    rig.node("a", Fault::None).await;
    assert_eq!((rig.options(1).await.status, rig.options(2).await.status), (200, 200));
    rig.node("feed", Fault::Busy).await;
    assert_eq!(rig.sim.faults().cut_off, ["C1"]);
    let (feed, ring, c1) = tokio::join!(times_out(rig.rtsp(104)), times_out(rig.rtsp(103)), times_out(rig.rtsp(1)));
    assert!(feed && ring && c1, "{feed} {ring} {c1}");
    assert_eq!(rig.options(2).await.status, 200);
}

#[tokio::test]
async fn a_repaired_node_gives_each_camera_its_own_fault_back() {
    let rig = Plan::new()
        .node("onu", 101, Needs::All, &[], &[])
        .camera("C1", 1, |c| node_of(c, "onu"))
        .camera("C2", 2, |c| node_of(c, "onu"))
        .start()
        .await;
    rig.camera("C1", Fault::Busy).await;
    rig.node("onu", Fault::Drop).await;
    rig.camera("C2", Fault::Refuse).await;
    let (c1, c2) = tokio::join!(times_out(rig.rtsp(1)), times_out(rig.rtsp(2)));
    assert!(c1 && c2, "a dead switch refuses nothing");
    assert_eq!(rig.sim.faults().cut_off, ["C1", "C2"]);
    rig.node("onu", Fault::None).await;
    assert_eq!(rig.options(1).await.status, 503);
    assert!(is_refused(rig.rtsp(2)).await);
    let faults = rig.sim.faults();
    let own = [("C1".to_owned(), Fault::Busy), ("C2".to_owned(), Fault::Refuse)].into();
    assert_eq!((faults.cameras, faults.nodes.len(), faults.cut_off.len()), (own, 0, 0));
}

#[tokio::test]
async fn an_area_takes_the_areas_in_it() {
    let rig = Plan::new()
        .camera("C1", 1, |_| {})
        .camera("C2", 2, |c| c.area = AreaId::new("west").unwrap())
        .camera("C3", 3, |c| c.area = AreaId::new("east").unwrap())
        .start()
        .await;
    rig.sim.set(&Part::Area("east".into()), Fault::Busy).await.unwrap();
    let statuses = [rig.options(1).await.status, rig.options(2).await.status, rig.options(3).await.status];
    assert_eq!(statuses, [503, 200, 503]);
    rig.sim.set(&Part::Area("town".into()), Fault::None).await.unwrap();
    assert_eq!(rig.sim.faults(), Broken::default());
    assert_eq!(rig.options(1).await.status, 200);
}

#[tokio::test]
async fn what_is_not_installed_is_not_there() {
    let rig = Plan::new().camera("C1", 1, |c| c.status = Life::Planned).camera("C2", 2, |_| {}).start().await;
    assert!(is_refused(rig.rtsp(1)).await);
    rig.camera("C1", Fault::Busy).await;
    assert!(is_refused(rig.rtsp(1)).await);
}

#[tokio::test]
async fn the_canary_answers_whatever_is_broken_and_the_end_closes_everything() {
    let plan = Plan::new().node("up", 101, Needs::All, &[], &[]).camera("C1", 1, |c| node_of(c, "up"));
    let (mut options, _) = plan.options();
    let canary: SocketAddr = format!("{}.254:{}", plan.net, plan.port).parse().unwrap();
    let camera: SocketAddr = format!("{}.1:{}", plan.net, plan.port).parse().unwrap();
    options.canary = Some(canary);
    let sim = Simulator::start(Arc::new(plan.registry), options).await.unwrap();
    sim.set(&Part::Node("up".into()), Fault::Drop).await.unwrap();
    assert!(Client::to(canary).await.is_ok());
    let control = sim.control_addr();
    sim.shutdown().await;
    for address in [canary, camera, control] {
        assert!(is_refused(address).await, "{address}");
    }
}

#[tokio::test]
async fn it_stands_only_where_it_may() {
    let start = async |plan: Plan, change: fn(&mut SimOptions)| {
        let (mut options, _) = plan.options();
        change(&mut options);
        Simulator::start(Arc::new(plan.registry), options).await.unwrap_err()
    };
    let with = |change: fn(&mut Camera)| Plan::new().camera("C1", 1, change);
    let foreign = |c: &mut Camera| c.host = Some("192.0.2.7".into());
    let error = start(with(foreign), |_| {}).await;
    assert!(matches!(error, SimError::NotAllowed { address, .. } if address.to_string() == "192.0.2.7"), "{error}");
    let error = start(with(foreign), |o| o.allow = vec!["192.0.2.0/24".parse().unwrap()]).await;
    assert!(matches!(&error, SimError::Listen { source, .. } if source.kind() == io::ErrorKind::AddrNotAvailable));
    let error = start(with(|_| {}), |o| o.control = "0.0.0.0:0".parse().unwrap()).await;
    assert!(matches!(error, SimError::NotAllowed { .. }), "{error}");
    let error = start(with(|_| {}), |o| o.canary = Some("192.0.2.1:8023".parse().unwrap())).await;
    assert!(matches!(error, SimError::NotAllowed { .. }), "{error}");
    let error = start(with(|c| c.host = Some("camera.example".into())), |_| {}).await;
    assert!(matches!(error, SimError::NoAddress { .. }), "{error}");
    let error = start(with(|c| c.snapshot = Some("https://{host}/a.jpg".into())), |_| {}).await;
    assert!(matches!(error, SimError::NotServed { scheme: "http", .. }), "{error}");
    let error = start(with(|c| c.credential = Some("nobody".into())), |_| {}).await;
    assert_eq!(error.to_string(), "C1 names the credential \"nobody\", which has no user and password");
}

#[tokio::test]
async fn two_cannot_stand_in_one_place() {
    let first = Plan::new().camera("C1", 1, |_| {});
    let again = Plan { registry: first.registry.clone(), net: first.net.clone(), port: first.port };
    let rig = first.start().await;
    let (options, _) = again.options();
    let error = Simulator::start(Arc::new(again.registry), options).await.unwrap_err();
    assert!(matches!(&error, SimError::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse), "{error}");
    assert_eq!(rig.options(1).await.status, 200);
}

#[test]
fn what_will_not_fit_is_told_in_numbers() {
    assert!(check_files(1_556, 4_096).is_ok());
    let error = check_files(1_556, 1_024).unwrap_err();
    assert_eq!(error.to_string(), "1556 listeners need 1812 open files, and the limit is 1024 (ulimit -n)");
}

/// As many listeners as the demo town has, all of them dead and healed at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_town_stands_dies_and_heals() {
    let (limit, _) = raise_open_files();
    if limit < 4_096 {
        println!("skipped: only {limit} open files");
        return;
    }
    let plan = Plan::new().node("up", 254, Needs::All, &[], &[]);
    let port = plan.port;
    let plan = (0..778_u16).fold(plan, |plan, i| {
        let net = plan.net.clone();
        plan.camera(&format!("C{i:04}"), 0, |c| {
            node_of(c, "up");
            c.host = Some(format!("{net}.{}", 1 + i % 200).into());
            c.rtsp = Some(format!("rtsp://{{host}}:{}/main?channel=1", port + 2 * (i / 200)).into());
            c.snapshot = Some(format!("http://{{host}}:{}/snapshot.jpg", port + 1 + 2 * (i / 200)).into());
        })
    });
    let rig = plan.start().await;
    assert_eq!(rig.options(1).await.status, 200);
    rig.node("up", Fault::Drop).await;
    assert_eq!(rig.sim.faults().cut_off.len(), 778);
    let (first, last) = tokio::join!(times_out(rig.rtsp(1)), times_out(rig.http(200)));
    assert!(first && last);
    rig.node("up", Fault::None).await;
    assert_eq!((rig.options(1).await.status, rig.picture(200).await.status), (200, 200));
    rig.sim.shutdown().await;
}
