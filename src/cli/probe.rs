//! `cunkou probe`: one question to one camera, every phase shown, and what to try next.

use std::fmt::Write as _;

use anyhow::{Context, bail};
use cunkou_core::model::{Check, FailKind, Inconclusive, Language, ProbeResult, Reason};
use cunkou_core::registry::{Camera, Registry};
use serde::Serialize;
use url::Url;

use super::common::{Common, Tongue, may_colour, note, print, print_json, secrets};
use super::exit::{Exit, wrong_use};
use super::table::{named, plain};
use crate::files;
use crate::files::secrets::{Secret, Secrets};
use crate::files::settings::Settings;
use crate::http::wire::PhaseTime;
use crate::probe::{AllowList, Answer, Credential, Hint, Limits, Prober, Question, for_camera, for_node, for_url};

/// Asks one camera, node or URL, and shows every phase, what was heard and what to try next.
///
/// Only what probe.allow names is dialled. Exit 1 when the answer is not a pass, 3 when nothing could be asked.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The id of a camera or node of the registry, or a URL: rtsp, rtsps, http, https, tcp://HOST:PORT, icmp://HOST
    target: String,
    /// Only this check of the camera; without it all that are on, until reach fails
    #[arg(long, value_parser = ["reach", "stream", "picture"])]
    check: Option<String>,
    /// The entry of the secrets file to show, instead of the one of the registry
    #[arg(long, value_name = "ENTRY")]
    credential: Option<String>,
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json"], default_value = "table")]
    format: String,
}

/// The answer to one question.
#[derive(Debug, Serialize)]
struct Report {
    target: String,
    check: &'static str,
    result: &'static str,
    reason: Option<&'static str>,
    phase: &'static str,
    phases: Vec<PhaseTime>,
    rtt_ms: Option<i64>,
    credential_tried: bool,
    note: Option<String>,
    hint: &'static str,
    steps: Vec<StepLine>,
}

#[derive(Debug, Serialize)]
struct StepLine {
    at_ms: i64,
    phase: &'static str,
    what: String,
    lines: Vec<String>,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let (title, questions) = questions(&args, &settings)?;
    let limits = Limits {
        timeout: settings.probe.timeout.to_std(),
        reach_timeout: settings.probe.reach_timeout.to_std(),
        ..Limits::default()
    };
    let prober = Prober::new(limits, AllowList::new(settings.probe.allow.clone(), vec![settings.http.listen]));
    let (mut reports, mut exit) = (Vec::new(), Exit::Fine);
    for question in &questions {
        let answer = prober.ask_aloud(question).await;
        exit = worse(exit, answer.result);
        let report = report(&title, question.check(), &answer, tongue.language);
        if args.format == "table" {
            print(&text(&report, &tongue, may_colour()))?;
        }
        reports.push(report);
        if question.check() == Check::Reach && !answer.result.is_alive() {
            break;
        }
    }
    if args.format == "json" {
        print_json(&reports)?;
    }
    Ok(exit)
}

/// A failed phase is found; what could not be asked weighs more than a pass, less than a failure.
const fn worse(before: Exit, result: ProbeResult) -> Exit {
    match (before, result) {
        (Exit::Found, _) | (_, ProbeResult::Fail(_) | ProbeResult::Answered(_)) => Exit::Found,
        (_, ProbeResult::Inconclusive(_)) => Exit::CouldNot,
        (_, ProbeResult::Pass { .. }) => before,
    }
}

/// What the target is called, and what is asked of it.
fn questions(args: &Args, settings: &Settings) -> anyhow::Result<(String, Vec<Question>)> {
    let secrets = secrets(settings)?;
    let named_entry = args.credential.as_deref().map(|entry| login(&secrets, entry)).transpose()?;
    if args.target.contains("://") {
        return url_question(args, named_entry);
    }
    let dir = &settings.registry.dir;
    let loaded = files::load(dir).with_context(|| format!("{:?} cannot be looked up", args.target))?;
    // Faults elsewhere in the registry keep nobody from asking one camera.
    let (registry, _) = loaded.judge();
    if let Some(node) = registry.nodes.get(args.target.as_str()) {
        let question = for_node(node, false).with_context(|| format!("the node {} has no address", node.id))?;
        return Ok((named(&node.name, node.id.as_str()), vec![question]));
    }
    let camera = registry.cameras.get(args.target.as_str()).with_context(|| unknown(&registry, &args.target, dir))?;
    let credential = match (named_entry, &camera.credential) {
        (Some(credential), _) => Some(credential),
        (None, Some(entry)) => login(&secrets, entry).map_err(|e| note(&format!("{e:#}"))).ok(),
        (None, None) => None,
    };
    let questions = of_camera(args.check.as_deref(), camera, credential.as_ref(), settings)?;
    Ok((named(&camera.name, camera.id.as_str()), questions))
}

fn of_camera(
    check: Option<&str>,
    camera: &Camera,
    credential: Option<&Credential>,
    settings: &Settings,
) -> anyhow::Result<Vec<Question>> {
    let ask = |check: Check| {
        let shown = credential.filter(|_| check != Check::Reach).cloned();
        for_camera(camera, check, shown, false)
    };
    if let Some(check) = check.and_then(Check::from_word) {
        let none = || format!("{} has no address for the check {}", camera.id, check.word());
        return Ok(vec![ask(check).with_context(none)?]);
    }
    let on = camera.check_plans(&settings.intervals());
    let planned: Vec<Question> = Check::ALL.into_iter().filter(|c| on[c.at()].is_some()).filter_map(ask).collect();
    // A camera that is not installed has no plan; a tech who sets it up asks all the same.
    let questions = if planned.is_empty() { Check::ALL.into_iter().filter_map(ask).collect() } else { planned };
    if questions.is_empty() {
        bail!("{} has neither host nor URL: there is nothing to ask", camera.id);
    }
    Ok(questions)
}

/// A URL that was typed. A password in it is taken out before anything is shown.
fn url_question(args: &Args, named_entry: Option<Credential>) -> anyhow::Result<(String, Vec<Question>)> {
    let bad = || wrong_use("this is no URL that can be asked: rtsp, rtsps, http, https, tcp://HOST:PORT, icmp://HOST");
    let mut url: Url = args.target.parse().map_err(|_| bad())?;
    let decoded = |text: &str| percent_decoded(text);
    let typed = (!url.username().is_empty()).then(|| Credential {
        user: decoded(url.username()),
        password: decoded(url.password().unwrap_or_default()).into(),
        basic: false,
    });
    // Refused only for URLs that cannot have them.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    let question = for_url(&url, named_entry.or(typed)).ok_or_else(bad)?;
    if let Some(check) = args.check.as_deref().filter(|c| *c != question.check().word()) {
        return Err(wrong_use(format!("--check {check}: this URL is asked for {}", question.check().word())));
    }
    Ok((url.to_string(), vec![question]))
}

fn percent_decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn login(secrets: &Secrets, entry: &str) -> anyhow::Result<Credential> {
    match secrets.get(entry) {
        Some(Secret::Login { user, password, basic }) => {
            Ok(Credential { user: user.clone(), password: password.clone(), basic: *basic })
        }
        Some(Secret::Token(_)) => bail!("the secret {entry:?} is a token; a camera wants user and password"),
        None => bail!("there is no secret {entry:?}; the camera is asked without"),
    }
}

fn unknown(registry: &Registry, id: &str, dir: &std::path::Path) -> String {
    let near = registry.cameras.keys().map(AsRef::<str>::as_ref).find(|known| known.eq_ignore_ascii_case(id));
    let meant = near.map(|n| format!("; did you mean {n:?}?")).unwrap_or_default();
    format!("no camera or node of {} has the id {id:?}{meant}", dir.display())
}

fn report(target: &str, check: Check, answer: &Answer, language: Language) -> Report {
    let reason = match answer.result {
        ProbeResult::Pass { slow } => slow.then(|| Reason::Slow.word()),
        ProbeResult::Fail(kind) => Some(FailKind::word(kind)),
        ProbeResult::Answered(reason) => Some(reason.word()),
        ProbeResult::Inconclusive(why) => Some(Inconclusive::word(why)),
    };
    let step = |s: &crate::probe::Step| StepLine {
        at_ms: s.at.as_millis(),
        phase: s.phase.word(),
        what: s.what.clone(),
        lines: s.lines.clone(),
    };
    Report {
        target: target.to_owned(),
        check: check.word(),
        result: answer.result.label().word(),
        reason,
        phase: answer.phase.word(),
        phases: answer.times.iter().map(|(p, micros)| PhaseTime { phase: p.word().to_owned(), micros }).collect(),
        rtt_ms: answer.rtt.map(|r| r.as_millis()),
        credential_tried: answer.credential_tried,
        note: answer.note.as_ref().map(ToString::to_string),
        hint: Hint::from(check, answer).words(language),
        steps: answer.steps.iter().map(step).collect(),
    }
}

fn text(report: &Report, tongue: &Tongue, colour: bool) -> String {
    let passed = report.result == "pass";
    let painted = |text: String, code: u8| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text };
    let mut out = String::new();
    let _ = writeln!(out, "{} · {}", plain(&report.target), report.check);
    for step in &report.steps {
        let _ = writeln!(out, "  {:>6} ms  {:<8}  {}", step.at_ms, step.phase, plain(&step.what));
        for line in &step.lines {
            let _ = writeln!(out, "             {}", plain(line));
        }
    }
    for phase in &report.phases {
        let ended_here = !passed && phase.phase == report.phase;
        let mark = if ended_here { painted("✗".to_owned(), 31) } else { painted("✓".to_owned(), 32) };
        let _ = writeln!(out, "  {mark} {:<8} {:>9.1} ms", phase.phase, f64::from(phase.micros) / 1_000.0);
    }
    let reason = report.reason.filter(|r| *r != report.result).map(|r| format!(" ({r})")).unwrap_or_default();
    let result = painted(format!("{}{reason}", report.result), if passed { 32 } else { 31 });
    let note = report.note.as_deref().map(|n| format!(": {}", plain(n))).unwrap_or_default();
    let _ = writeln!(out, "{} {result}{note}", tongue.say("结果", "result"));
    let _ = writeln!(out, "{} {}\n", tongue.say("建议", "next"), report.hint);
    out
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn args(target: &str, check: Option<&str>) -> Args {
        Args {
            target: target.to_owned(),
            check: check.map(str::to_owned),
            credential: None,
            format: "table".to_owned(),
        }
    }

    #[test]
    fn a_password_in_a_url_is_taken_out_before_anything_is_shown() {
        let (title, questions) = url_question(&args("rtsp://ad%40min:p%2Fw+d@10.0.0.1/1", None), None).unwrap();
        assert_eq!(title, "rtsp://10.0.0.1/1");
        let credential = questions[0].credential.as_ref().unwrap();
        assert_eq!((credential.user.as_str(), credential.password.expose_secret()), ("ad@min", "p/w+d"));
        assert!(!format!("{questions:?}").contains("p/w"));
    }

    #[test]
    fn what_cannot_be_asked_is_wrong_use() {
        for (target, check) in
            [("ftp://a/", None), ("tcp://10.0.0.1", None), ("rtsp://", None), ("rtsp://10.0.0.1/", Some("picture"))]
        {
            let error = url_question(&args(target, check), None).unwrap_err();
            assert_eq!(Exit::of(&error), Exit::WrongUse, "{target}");
        }
    }

    #[test]
    fn a_failure_outweighs_what_could_not_be_asked() {
        let (pass, fail) = (ProbeResult::Pass { slow: false }, ProbeResult::Fail(FailKind::Timeout));
        let not_asked = ProbeResult::Inconclusive(Inconclusive::NotAllowed);
        let after = |results: &[ProbeResult]| results.iter().fold(Exit::Fine, |e, r| worse(e, *r));
        assert_eq!(after(&[pass, pass]), Exit::Fine);
        assert_eq!(after(&[pass, not_asked]), Exit::CouldNot);
        assert_eq!(after(&[not_asked, fail, pass]), Exit::Found);
        assert_eq!(after(&[ProbeResult::Answered(Reason::Auth)]), Exit::Found);
    }
}
