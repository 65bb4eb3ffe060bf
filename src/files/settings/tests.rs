//! Tests of the settings.

use std::path::{Path, PathBuf};

use cunkou_core::model::{Language, Severity, Span};
use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<Settings, Vec<SettingFault>> {
    Settings::parse(text, [], Path::new(""))
}

fn with_env(text: &str, env: &[(&str, &str)]) -> Result<Settings, Vec<SettingFault>> {
    let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Settings::parse(text, env, Path::new(""))
}

/// The faults as text, one a line.
fn faults(text: &str) -> Vec<String> {
    parse(text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_shows_the_defaults() {
    let text = include_str!("../../../config/cunkou.toml");
    assert_eq!(parse(text), Ok(Settings::default()));
    assert_eq!(parse(""), Ok(Settings::default()));
    assert_eq!(Settings::default().probe.allow.len(), 6);
    assert_eq!(Settings::default().ui.time_zone.iana_name(), Some("Asia/Shanghai"));
}

/// Each key of the example, given another value, changes something: no key is read and forgotten.
#[test]
fn every_key_of_the_example_counts() {
    let mut table = String::new();
    let mut seen = 0;
    for line in include_str!("../../../config/cunkou.toml").lines().map(str::trim) {
        if line.starts_with('[') {
            table = line.split('#').next().unwrap().trim().to_owned();
        }
        let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else { continue };
        let other = match (key, value.split(" #").next().unwrap().trim()) {
            ("url", _) if table == "[heartbeat]" => "\"https://hc-ping.com/x\"",
            ("secret", _) if table == "[heartbeat]" => "\"h\"\nurl = \"https://hc-ping.com/{token}\"",
            ("method", _) => "\"POST\"",
            ("url", _) => "\"sqlite://other.db\"",
            ("listen", _) => "\"127.0.0.1:1\"",
            ("public_url", _) => "\"http://x\"",
            ("read", _) => "\"token\"",
            ("language", _) => "\"en\"",
            ("time_zone", _) => "\"Europe/Berlin\"",
            ("tiles", _) => "\"a.pmtiles\"",
            ("tiles_max_zoom", _) => "7",
            // Kept for half a year at least.
            ("audit", _) => "\"8760h\"",
            ("allow", _) => "[\"127.0.0.0/8\"]",
            ("confirm", _) => "[\"3s\"]",
            ("modes", _) => "[\"foot\"]",
            ("seal_alerts", _) => "[\"local\"]",
            ("limit", _) => "\"9m\"",
            ("storm", _) => "{ messages = 21 }",
            ("lossy" | "blind_share", _) => "0.5",
            (_, "[]") => "[\"a\"]",
            (_, "true") => "false",
            (_, "false") => "true",
            (_, v) if v.starts_with('"') && v.ends_with("s\"") | v.ends_with("m\"") => "\"7s\"",
            (_, v) if v.starts_with('"') => "\"7h\"",
            _ => "77",
        };
        let text = format!("{table}\n{key} = {other}\n");
        let changed = parse(&text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert_ne!(changed, Settings::default(), "{text}");
        seen += 1;
    }
    assert!(seen > 45, "{seen} keys");
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let text = "\
[http]
listen = \"localhost\"
raed = \"open\"
read = \"opne\"
[Probe]
timeout = \"3 s\"
[checks]
reach = 10
stream = \"0s\"
[probe]
allow = [\"10.0.0.0/8\", \"10.0.0.0/40\", \"camera\"]
in_flight = -1
[health]
lossy = 1.5
confirm = \"1s\"
[[sink]]
name = \"desk\"
kind = \"webhok\"
url = \"http://a/\"
[[sink]]
name = \"desk\"
kind = \"dingtalk\"
url = \"ftp://a/hunter2\"
[[sink]]
[incident]
storm = 5
";
    insta::assert_snapshot!(faults(text).join("\n"), @r#"
    line 2: http.listen = "localhost": allowed is an address and a port: 127.0.0.1:9778, [::1]:9778
    line 3: http.raed: there is no such setting (did you mean "read"?)
    line 4: http.read = "opne": allowed is open, token or open-to-network (did you mean "open"?)
    line 5: Probe: there is no such setting (did you mean "probe"?)
    line 8: checks.reach = 10: allowed is a length of time from 200ms to 30d
    line 9: checks.stream = "0s": allowed is a length of time from 200ms to 30d
    line 11: probe.allow = "10.0.0.0/40": allowed is a network: 10.0.0.0/8, fc00::/7, or one address
    line 11: probe.allow = "camera": allowed is a network: 10.0.0.0/8, fc00::/7, or one address
    line 12: probe.in_flight = -1: allowed is a number from 0 (as many as the town needs) to 100000
    line 14: health.lossy = 1.5: allowed is a number from 0 to 1
    line 15: health.confirm = "1s": allowed is a list in brackets
    line 18: sink[0].kind = "webhok": allowed is alertmanager, webhook, email, dingtalk, wecom, feishu, ntfy or http (did you mean "webhook"?)
    line 20: sink[1].name = "desk": this name is taken already
    line 23: sink[1].url: allowed is an http or https URL with a host
    line 24: sink[2]: this is missing here: name
    line 24: sink[2]: this is missing here: kind
    line 26: incident.storm = 5: allowed is a table of settings
    "#);
}

#[test]
fn text_that_is_no_toml_is_told_with_its_line() {
    let faults = parse("[http]\nlisten = \n[checks]\nreach = \"10s\n").unwrap_err();
    assert_eq!(faults.iter().map(SettingFault::line).collect::<Vec<_>>(), [Some(2), Some(4)], "{faults:?}");
    assert!(faults.iter().all(|f| matches!(f.kind, FaultKind::Syntax(_))));
    let large = format!("# {}", "x".repeat(1 << 20));
    assert_eq!(parse(&large).unwrap_err()[0].kind, FaultKind::TooLarge);
}

#[test]
fn reading_without_a_token_is_for_loopback() {
    for (listen, read, good) in [
        ("127.0.0.1:9778", "open", true),
        ("127.20.0.1:0", "open", true),
        ("[::1]:9778", "open", true),
        ("[::ffff:127.0.0.1]:1", "open", true),
        ("0.0.0.0:9778", "open", false),
        ("[::]:9778", "open", false),
        ("192.168.1.1:9778", "open", false),
        ("0.0.0.0:9778", "token", true),
        ("0.0.0.0:9778", "open-to-network", true),
    ] {
        let result = parse(&format!("[http]\nlisten = \"{listen}\"\nread = \"{read}\"\n"));
        assert_eq!(result.is_ok(), good, "{listen} {read}");
        if let Err(faults) = result {
            assert_eq!((faults[0].line(), &faults[0].kind), (Some(2), &FaultKind::OpenToNetwork));
        }
    }
}

#[test]
fn variables_are_laid_over_the_file() {
    let text = "[http]\nlisten = \"127.0.0.1:1\"\n[[sink]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"http://a/\"\n";
    let settings = with_env(
        text,
        &[
            ("CUNKOU__HTTP__LISTEN", "127.0.0.1:2"),
            ("CUNKOU__UI__LANGUAGE", "en"),
            ("CUNKOU__HEALTH__FAIL_AFTER", "4"),
            ("CUNKOU__CHECKS__REACH", "20s"),
            ("CUNKOU__HTTP__HOSTS", "[\"a.example\", \"b\"]"),
            ("CUNKOU__MONITOR__CANARIES", "10.0.0.1"),
            ("CUNKOU__INCIDENT__STORM__MESSAGES", "9"),
            ("CUNKOU__SINK__0__URL", "http://b/"),
            ("CUNKOU__SINK__1__NAME", "7"),
            ("CUNKOU__SINK__1__KIND", "alertmanager"),
            ("CUNKOU__SINK__1__URL", "http://c/"),
            ("CUNKOU_SECRET_X", "not a setting"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(settings.http.listen.port(), 2);
    assert_eq!(settings.ui.language, Language::En);
    assert_eq!(settings.health().fail_after, 4);
    assert_eq!(settings.intervals().reach, Span::seconds(20));
    assert_eq!(settings.http.hosts, ["a.example", "b"]);
    assert_eq!(settings.monitor.canaries, ["10.0.0.1"]);
    assert_eq!(settings.alert().storm_messages, 9);
    let sinks: Vec<_> = settings.sinks.iter().map(|s| (s.name.as_str(), s.url.expose(), s.watchdog)).collect();
    assert_eq!(sinks, [("a", "http://b/", false), ("7", "http://c/", true)]);
    assert_eq!(settings.sinks[0].language, Language::En, "a sink speaks the language of [ui]");
}

#[test]
fn a_wrong_variable_is_named_and_its_secret_is_not_shown() {
    for (name, value, said) in [
        (
            "CUNKOU__HTTP__LISTN",
            "x",
            "CUNKOU__HTTP__LISTN: http.listn: there is no such setting (did you mean \"listen\"?)",
        ),
        (
            "CUNKOU__HTTP____LISTEN",
            "x",
            "CUNKOU__HTTP____LISTEN: http..listen: the variable names no place in the settings",
        ),
        ("CUNKOU__HTTP__LISTEN__PORT", "1", "names no place"),
        ("CUNKOU__SINK__5__URL", "http://a/", "names no place"),
        (
            "CUNKOU__SINK__0__URL",
            "hunter2",
            "CUNKOU__SINK__0__URL: sink[0].url: allowed is an http or https URL with a host",
        ),
        ("CUNKOU__TOKEN__0__HASH", "hunter2", "token[0].hash: allowed is the 64 hexadecimal digits"),
    ] {
        let faults = with_env("[http]\nlisten = \"127.0.0.1:1\"\n", &[(name, value)]).unwrap_err();
        let all: Vec<String> = faults.iter().map(|f| format!("{f} {f:?}")).collect();
        assert!(all.iter().any(|f| f.contains(said)), "{name}: {all:?}");
        assert!(all.iter().all(|f| !f.contains("hunter2")), "{all:?}");
    }
}

#[test]
fn policies_are_gathered_from_several_tables() {
    let settings = parse(
        "[probe]\nauth_retry = \"1h\"\nreach_timeout = \"2s\"\n[monitor]\nblind_share = 1\n[incident]\nsettle = \"2s\"\n\
         regroup = \"1m\"\n[health]\nconfirm = [\"500ms\"]\n",
    )
    .unwrap();
    let health = settings.health();
    assert_eq!((health.auth_retry, health.reach_timeout), (Span::hours(1), Span::seconds(2)));
    assert_eq!((health.blind_share, health.settle), (1.0, Span::seconds(2)));
    assert_eq!(health.confirm, [Span::millis(500)]);
    assert_eq!((settings.alert().settle, settings.alert().regroup), (Span::seconds(2), Span::minutes(1)));
    assert_eq!(Settings::default().health(), cunkou_core::health::Policy::default());
}

#[test]
fn paths_are_relative_to_the_file() {
    let text = "[registry]\ndir = \"镇\"\nsecrets = \"/etc/s.toml\"\n[database]\nurl = \"sqlite://data/c.db\"\n";
    let settings = Settings::parse(text, [], Path::new("/etc/cunkou")).unwrap();
    assert_eq!(settings.registry.dir, PathBuf::from("/etc/cunkou/镇"));
    assert_eq!(settings.registry.secrets, PathBuf::from("/etc/s.toml"));
    assert_eq!(settings.database.file, PathBuf::from("/etc/cunkou/data/c.db"));
    assert!(parse("[database]\nurl = \"postgres://x\"").is_err());
}

#[test]
fn sinks_and_tokens_are_read_whole() {
    let hash = "0f".repeat(32);
    let text = format!(
        "[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9000/x\"\nmin_severity = \"critical\"\n\
         watchdog = true\nlanguage = \"en\"\nsecret = \"desk\"\n[[token]]\nname = \"值班\"\nhash = \"{hash}\"\n\
         role = \"operate\"\n[roster]\nfile = \"r\"\n[templates]\ndir = \"t\"\n\
         [heartbeat]\nurl = \"http://h/u\"\n"
    );
    let settings = parse(&text).unwrap();
    assert_eq!(settings.templates.dir, Some(PathBuf::from("t")));
    assert_eq!(settings.roster.file, Some(PathBuf::from("r")));
    let sink = &settings.sinks[0];
    assert_eq!((sink.kind, sink.min_severity, sink.watchdog), (SinkKind::Webhook, Severity::Critical, true));
    assert_eq!((sink.language, sink.secret.as_deref()), (Language::En, Some("desk")));
    let token = &settings.tokens[0];
    assert_eq!((token.name.as_str(), token.hash, token.role), ("值班", [0x0f; 32], Role::Operate));
}

#[test]
fn reviews_are_for_sinks_of_people_and_have_a_time_of_day() {
    let text =
        |kind: &str, more: &str| format!("[[sink]]\nname = \"a\"\nkind = \"{kind}\"\nurl = \"http://a/t\"\n{more}\n");
    let review = |more: &str| parse(&text("ntfy", more)).unwrap().sinks[0].review;
    assert_eq!(review(""), None);
    assert_eq!(review("review = \"daily\""), Some(ReviewTimes { weekly: false, minute: 480 }));
    let weekly = "review = \"weekly\"\nreview_at = \"17:05\"";
    assert_eq!(review(weekly), Some(ReviewTimes { weekly: true, minute: 1_025 }));
    for wrong in ["review = \"hourly\"", "review_at = \"24:00\"", "review_at = \"8:00\"", "review_at = \"08:60\""] {
        assert_eq!(faults(&text("ntfy", wrong)).len(), 1, "{wrong}");
    }
    assert_eq!(faults(&text("webhook", "review = \"daily\"")), ["line 5: sink[0].review: there is no such setting"]);
}

#[test]
fn tiles_are_a_file_or_a_server_whose_origin_is_known() {
    let tiles = |text: &str| Settings::parse(&format!("[ui]\ntiles = {text:?}\n"), [], Path::new("/etc/cunkou"));
    let read = |text: &str| tiles(text).unwrap().ui.tiles;
    assert_eq!(read(""), None);
    assert_eq!(read("镇.pmtiles"), Some(TileSource::File("/etc/cunkou/镇.pmtiles".into())));
    let server = |origin: &str, vector, template: &str| {
        Some(TileSource::Server { template: template.to_owned(), origin: origin.to_owned(), vector })
    };
    for (template, origin, vector) in [
        ("http://10.0.0.9:8080/data/{z}/{x}/{y}.png", "http://10.0.0.9:8080", false),
        ("https://tiles.town/{z}/{y}/{x}.pbf?key=a", "https://tiles.town", true),
        ("https://tiles.town/?l=vec&z={z}&x={x}&y={y}", "https://tiles.town", false),
    ] {
        assert_eq!(read(template), server(origin, vector, template), "{template}");
    }
    for bad in [
        "town.mbtiles",
        "https://tiles.town/town.pmtiles",
        "https://tiles.town/{z}/{x}.png",
        "https://tiles.town/{z}/{x}/{y}/{y}.png",
        "https://{x}.tiles.town/{z}/{y}.png",
        "https://tiles.town/{s}/{z}/{x}/{y}.png",
        "https://a:b@tiles.town/{z}/{x}/{y}.png",
        "ftp://tiles.town/{z}/{x}/{y}.png",
        "//tiles.town/{z}/{x}/{y}.png",
    ] {
        assert!(tiles(bad).is_err(), "{bad}");
    }
}

#[test]
fn who_is_on_duty_is_called_by_sinks_of_people_alone() {
    let text =
        |kind: &str| format!("[[sink]]\nname = \"a\"\nkind = \"{kind}\"\nurl = \"http://a/t\"\non_duty = true\n");
    assert!(parse(&text("ntfy")).unwrap().sinks[0].on_duty);
    assert!(!parse(&text("ntfy").replace("true", "false")).unwrap().sinks[0].on_duty);
    for kind in ["webhook", "alertmanager"] {
        assert_eq!(faults(&text(kind)), ["line 5: sink[0].on_duty: there is no such setting"]);
    }
}

#[test]
fn sinks_that_people_read_have_keys_of_their_own() {
    let settings = parse(
        "[[sink]]\nname = \"mail\"\nkind = \"email\"\nurl = \"smtp://mail.example:587\"\n\
         from = \"村口 <cunkou@town.example>\"\nto = [\"duty@town.example\", \"chief@town.example\"]\nsecret = \"mail\"\n\
         [[sink]]\nname = \"local\"\nkind = \"email\"\nurl = \"smtps://127.0.0.1\"\nfrom = \"a@b.c\"\nto = [\"d@b.c\"]\n\
         [[sink]]\nname = \"push\"\nkind = \"ntfy\"\nurl = \"https://ntfy.example/base/six-fingers_1\"\n\
         [[sink]]\nname = \"sms\"\nkind = \"http\"\nurl = \"https://gw.example/send\"\nmethod = \"GET\"\nbody = \"text={{ title }}\"\n\
         expect = \"ok\"\nmin_severity = \"critical\"\n",
    )
    .unwrap();
    let to = vec!["duty@town.example".to_owned(), "chief@town.example".to_owned()];
    let from = "村口 <cunkou@town.example>".to_owned();
    assert_eq!(settings.sinks[0].form, SinkForm::Email { from, to, tls: MailTls::Starttls });
    assert!(matches!(settings.sinks[1].form, SinkForm::Email { tls: MailTls::Wrapped, .. }));
    assert_eq!(settings.sinks[2].form, SinkForm::Plain);
    let body = crate::files::secrets::SecretText::new("text={{ title }}");
    let content_type = "application/x-www-form-urlencoded".to_owned();
    assert_eq!(settings.sinks[3].form, SinkForm::Http { method: "GET", content_type, body, expect: "ok".to_owned() });
    let least: Vec<Severity> = settings.sinks.iter().map(|s| s.min_severity).collect();
    assert_eq!(least, [Severity::Warning, Severity::Warning, Severity::Warning, Severity::Critical]);
    assert!(settings.sinks.iter().all(|s| !s.watchdog));
}

#[test]
fn what_a_sink_for_people_lacks_is_told() {
    for (text, said) in [
        (
            "kind = \"email\"\nurl = \"smtp://a\"\nto = [\"c@d\"]\n",
            "this is missing here: from, the address of the sender",
        ),
        ("kind = \"email\"\nurl = \"smtp://a\"\nfrom = \"a@b\"\n", "this is missing here: to, a list of addresses"),
        (
            "kind = \"email\"\nurl = \"http://a\"\nfrom = \"a@b\"\nto = [\"c@d\"]\n",
            "url: allowed is smtp://HOST:PORT or smtps://",
        ),
        ("kind = \"email\"\nurl = \"smtp://a?to=b@c\"\nfrom = \"a@b\"\nto = [\"c@d\"]\n", "keys of their own"),
        (
            "kind = \"email\"\nurl = \"smtp://a\"\nfrom = \"a\\nBcc: x@y\"\nto = [\"c@d\"]\n",
            "from = \"a\\nBcc: x@y\": allowed is an address",
        ),
        (
            "kind = \"email\"\nurl = \"smtp://a\"\nfrom = \"a@b\"\nto = [\"c@d, e@f\"]\n",
            "to = \"c@d, e@f\": allowed is an address",
        ),
        (
            "kind = \"email\"\nurl = \"smtps://a\"\nfrom = \"a@b\"\nto = [\"c@d\"]\ntls = \"none\"\n",
            "tls: there is no such setting",
        ),
        ("kind = \"ntfy\"\nurl = \"https://ntfy.sh/\"\n", "url: allowed is the http or https URL of a topic"),
        ("kind = \"http\"\nurl = \"https://a/hunter2\"\n", "this is missing here: body"),
        (
            "kind = \"http\"\nurl = \"https://a/\"\nbody = \"x\"\nmethod = \"post\"\n",
            "allowed is GET, POST, PUT or PATCH",
        ),
        ("kind = \"dingtalk\"\nurl = \"https://a/\"\nbody = \"x\"\n", "body: there is no such setting"),
    ] {
        let faults = faults(&format!("[[sink]]\nname = \"x\"\n{text}"));
        assert!(faults.len() == 1 && faults[0].contains(said), "{text}: {faults:?}");
        assert!(!faults[0].contains("hunter2"));
    }
}

#[test]
fn canaries_are_addresses() {
    for (text, good) in [
        ("10.0.0.1", true),
        ("10.0.0.1:8023", true),
        ("gw.local:80", true),
        ("fd00::1", true),
        ("[fd00::1]:80", true),
        ("[fd00::1]", true),
        ("", false),
        ("10.0.0.1:", false),
        ("10.0.0.1:0", false),
        ("10.0.0.1:70000", false),
        ("[fd00::1", false),
        ("[gw]:80", false),
        ("http://gw", false),
        ("a b", false),
    ] {
        assert_eq!(parse(&format!("[monitor]\ncanaries = [{text:?}]")).is_ok(), good, "{text}");
    }
}

#[test]
fn probes_in_flight_follow_the_town() {
    let mut probe = ProbeSettings::default();
    assert_eq!(
        (probe.in_flight_for(12), probe.in_flight_for(778), probe.in_flight_for(100_000)),
        (512, 1_011, 130_000)
    );
    probe.in_flight = 64;
    assert_eq!(probe.in_flight_for(778), 64);
}

proptest! {
    #[test]
    fn no_text_and_no_variable_panics(text in "\\PC{0,200}", key in "[A-Z_0-9]{0,30}", value in "\\PC{0,40}") {
        let env = [(format!("CUNKOU__{key}"), value)];
        let _ = Settings::parse(&text, env.clone(), Path::new(""));
        let _ = Settings::parse("[[sink]]\n[http]\n[incident]\nstorm = {}\n", env, Path::new(""));
    }
}
