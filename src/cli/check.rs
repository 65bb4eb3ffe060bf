//! `cunkou check`: every fault of settings and registry at once, and the effective plan.

mod roads;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cunkou_core::model::{Language, Span, Time};
use cunkou_core::registry::{Fault, FileKind, PlanSummary, Registry, plan_summary};
use serde::Serialize;

use super::common::{BadSettings, Common, Tongue, density, may_colour, print, print_json, secrets};
use super::exit::Exit;
use super::table::plain;
use super::when;
use crate::files::folder::Form;
use crate::files::roster::{RosterError, RosterFile};
use crate::files::secrets::{Secret, Secrets};
use crate::files::settings::{Place, Settings, TileSource};
use crate::files::templates::TemplateFiles;
use crate::files::{self, Loaded};
use crate::notify::{self, DutyGap};
use crate::roster::Roster;

/// Checks the registry and the settings: every fault with file, line, column and what is allowed.
///
/// Exit 1 when there are faults, with --strict also when there are warnings.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A registry folder; without it the one of the settings, which are checked too
    dir: Option<PathBuf>,
    /// Warnings count like faults
    #[arg(long)]
    strict: bool,
    /// How the answer is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Json,
}

/// The answer.
#[derive(Debug, Default, Serialize)]
struct Report {
    ok: bool,
    errors: usize,
    warnings: usize,
    faults: Vec<Line>,
    /// Files that are read, but are not written in the plain way.
    forms: Vec<FormLine>,
    /// Columns that mean nothing here; they are kept.
    kept: Vec<KeptLine>,
    plan: Option<Plan>,
    /// The roads, where there are any.
    roads: Option<roads::RoadsLine>,
    /// The secrets, where settings name them: which entries there are.
    #[serde(skip)]
    secrets: Option<Secrets>,
}

/// One fault.
#[derive(Debug, Serialize)]
struct Line {
    severity: &'static str,
    file: String,
    row: Option<u32>,
    column: Option<String>,
    value: String,
    message: String,
}

#[derive(Debug, Serialize)]
struct FormLine {
    file: String,
    form: String,
}

#[derive(Debug, Serialize)]
struct KeptLine {
    file: String,
    columns: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Plan {
    cameras: usize,
    nodes: usize,
    checks: Vec<&'static str>,
    /// How reach is asked, and of how many cameras.
    reach: BTreeMap<String, usize>,
    probes_per_second: f64,
    core_share: f64,
    message: String,
}

pub(super) fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let mut report = Report::default();
    // A folder stands for itself: settings are looked at only where they are named.
    let wanted = args.dir.is_none() || common.config.is_some();
    let settings = match if wanted { common.settings() } else { Ok(Default::default()) } {
        Ok(found) => {
            let language = common.language(&found.settings);
            report.settings_beside(&found.settings, found.file.as_deref(), language);
            Some(found.settings)
        }
        Err(error) => {
            report.bad_settings(error.downcast::<BadSettings>()?);
            None
        }
    };
    let known = settings.as_ref();
    let tongue = Tongue::of(common, known.unwrap_or(&Settings::default()));
    // Where the registry is, only the settings could say.
    let dir = args.dir.as_deref().or(known.map(|settings| settings.registry.dir.as_path()));
    if let Some(dir) = dir
        && let Err(error) = report.registry(dir, known.unwrap_or(&Settings::default()), tongue.language)
    {
        // What was found before is told all the same.
        print(&report.text(&tongue, may_colour()))?;
        return Err(error);
    }
    let found = report.errors > 0 || (args.strict && report.warnings > 0);
    report.ok = !found;
    match args.format {
        Format::Json => print_json(&report)?,
        Format::Table => print(&report.text(&tongue, may_colour()))?,
    }
    Ok(if found { Exit::Found } else { Exit::Fine })
}

impl Report {
    fn push(&mut self, line: Line) {
        match line.severity {
            "error" => self.errors += 1,
            _ => self.warnings += 1,
        }
        self.faults.push(line);
    }

    fn bad_settings(&mut self, bad: BadSettings) {
        let file = bad.file.as_deref().map_or("environment".to_owned(), |f| f.display().to_string());
        for fault in bad.faults {
            let meant = fault.did_you_mean.as_ref().map(|m| format!(" (did you mean {m:?}?)")).unwrap_or_default();
            self.push(Line {
                severity: "error",
                file: match &fault.place {
                    Place::Variable(name) => name.clone(),
                    _ => file.clone(),
                },
                row: fault.line(),
                column: Some(fault.key.clone()).filter(|k| !k.is_empty()),
                value: fault.value.clone(),
                message: format!("{}{meant}", fault.kind),
            });
        }
    }

    /// The files that settings name beside the registry.
    fn settings_beside(&mut self, settings: &Settings, file: Option<&Path>, language: Language) {
        let Some(file) = file else { return };
        let mut fault = |file: &Path, column: Option<String>, message| {
            let file = file.display().to_string();
            self.push(Line { severity: "error", file, row: None, column, value: String::new(), message });
        };
        match secrets(settings) {
            Err(error) => fault(&settings.registry.secrets, None, format!("{error:#}")),
            Ok(secrets) => {
                for (i, sink) in settings.sinks.iter().enumerate() {
                    match sink.secret.as_deref().filter(|e| secrets.get(e).is_none()) {
                        Some(entry) => {
                            let message = format!("no secret has the name {entry:?}");
                            fault(file, Some(format!("sink[{i}].secret")), message);
                        }
                        None => {
                            if let Err(error) = notify::check_sink(sink, &secrets) {
                                fault(file, Some(format!("sink[{i}]")), error.to_string());
                            }
                        }
                    }
                }
                if let Err(error) = notify::heartbeat_url(&settings.heartbeat, &secrets) {
                    fault(file, Some("heartbeat.secret".to_owned()), error.to_string());
                }
                self.secrets = Some(secrets);
            }
        }
        self.templates(settings, language);
        self.roster(settings, language);
        self.tiles(settings, language);
    }

    /// Whether the file of tiles under the map can be read.
    fn tiles(&mut self, settings: &Settings, language: Language) {
        let Some(TileSource::File(path)) = &settings.ui.tiles else { return };
        if let Err(error) = files::TileFile::open(path) {
            let (file, message) = (path.display().to_string(), error.words(language));
            self.push(Line { severity: "error", file, row: None, column: None, value: String::new(), message });
        }
    }

    /// Every fault of the roster; and when nobody is on duty.
    fn roster(&mut self, settings: &Settings, language: Language) {
        let file = RosterFile::of(settings);
        let path = settings.roster.file.as_deref().unwrap_or(Path::new("")).display().to_string();
        let line = |severity, message| Line {
            severity,
            file: path.clone(),
            row: None,
            column: None,
            value: String::new(),
            message,
        };
        match file.read() {
            Ok(None) => {
                let told = notify::duty_gaps(&settings.sinks, None);
                told.iter().for_each(|gap| self.push(line("warning", gap_words(gap, language))));
            }
            Ok(Some(roster)) => {
                let told = gaps_of_duty(&roster, when::now(), settings, language);
                told.into_iter().for_each(|message| self.push(line("warning", message)));
            }
            Err(RosterError::Faults { path, faults }) => self.bad_settings(BadSettings { file: Some(path), faults }),
            Err(error) => self.push(line("error", format!("{:#}", anyhow::Error::from(error)))),
        }
    }

    /// Every text that a sink may be sent, tried with every kind of message.
    fn templates(&mut self, settings: &Settings, language: Language) {
        let line = |file: String, row: Option<u32>, message: String| Line {
            severity: "error",
            file,
            row,
            column: None,
            value: String::new(),
            message,
        };
        let files = match settings.templates.dir.as_deref().map(TemplateFiles::read) {
            None => TemplateFiles::default(),
            Some(Ok(files)) => files,
            Some(Err(error)) => {
                let dir = settings.templates.dir.as_deref().unwrap_or(Path::new("")).display().to_string();
                return self.push(line(dir, None, format!("{:#}", anyhow::Error::from(error))));
            }
        };
        let templates = notify::Templates::new(&files, &settings.sinks);
        for sink in templates.iter().flat_map(|t| t.without_number(&settings.sinks)) {
            let message = match language {
                Language::ZhCn => {
                    "无人值班时，这段正文没有号码可拨：请写成 {{ duty.phone or \"13800000000\" }}".to_owned()
                }
                Language::En => "when nobody is on duty this body has no number to call; write {{ duty.phone or \
                                 \"13800000000\" }}"
                    .to_owned(),
            };
            let file = format!("the body of sink {sink:?}");
            self.push(Line { severity: "warning", ..line(file, None, message) });
        }
        for fault in templates.err().unwrap_or_default() {
            let row = fault.line.and_then(|n| u32::try_from(n).ok());
            self.push(line(fault.file, row, fault.what));
        }
    }

    /// Cameras that name a login which is not there are asked without one: said once an entry.
    fn credentials(&mut self, registry: &Registry, language: Language) {
        let Some(secrets) = &self.secrets else { return };
        let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
        let named =
            registry.cameras.values().filter(|c| c.status.is_installed()).filter_map(|c| c.credential.as_deref());
        for entry in named.filter(|entry| !matches!(secrets.get(entry), Some(Secret::Login { .. }))) {
            *missing.entry(entry).or_default() += 1;
        }
        let line = |(entry, cameras): (&str, usize)| Line {
            severity: "warning",
            file: FileKind::Cameras.word().to_owned(),
            row: None,
            column: Some("credential".to_owned()),
            value: entry.to_owned(),
            message: match language {
                Language::ZhCn => {
                    format!("{cameras} 台摄像机用到 {entry:?}，但密码文件中没有这个用户名和密码；只能不带密码探测")
                }
                Language::En => format!(
                    "{cameras} cameras name {entry:?}, but the secrets have no user and password of that name; they are \
                     asked without"
                ),
            },
        };
        let lines: Vec<Line> = missing.into_iter().map(line).collect();
        lines.into_iter().for_each(|line| self.push(line));
    }

    fn registry(&mut self, dir: &Path, settings: &Settings, language: Language) -> anyhow::Result<()> {
        let loaded = files::load(dir).context("the registry cannot be checked")?;
        let (registry, faults) = files::judge(&loaded, &settings.intervals(), &density(settings));
        let good = !faults.iter().any(Fault::is_error);
        faults.iter().for_each(|fault| self.push(line(fault, language)));
        let (roads, faults) = files::check_roads(dir, &registry);
        faults.iter().for_each(|fault| self.push(line(fault, language)));
        self.credentials(&registry, language);
        self.forms = forms(&loaded, language);
        self.kept = kept(&loaded);
        self.plan = good.then(|| plan(&registry, settings, language));
        if let Some(map) = roads.filter(|map| good && !map.lines.is_empty()) {
            let (roads, faults) = roads::look(&map, &loaded.tables, &registry, settings, language);
            faults.iter().for_each(|fault| self.push(line(fault, language)));
            self.roads = Some(roads);
        }
        Ok(())
    }

    fn text(&self, tongue: &Tongue, colour: bool) -> String {
        let mut out = String::new();
        for form in &self.forms {
            let _ = writeln!(out, "{}: {}", form.file, form.form);
        }
        for kept in &self.kept {
            let columns = kept.columns.iter().map(|c| plain(c)).collect::<Vec<_>>().join(", ");
            let _ = match tongue.language {
                Language::ZhCn => writeln!(out, "{}: 保留但不起作用的列：{columns}", kept.file),
                Language::En => writeln!(out, "{}: columns that are kept and mean nothing here: {columns}", kept.file),
            };
        }
        for fault in &self.faults {
            let _ = writeln!(out, "{}", fault.text(tongue, colour));
        }
        let (errors, warnings) = (self.errors, self.warnings);
        if errors + warnings > 0 {
            let _ = match tongue.language {
                Language::ZhCn => writeln!(out, "{errors} 个错误，{warnings} 个警告"),
                Language::En => writeln!(out, "{errors} errors, {warnings} warnings"),
            };
        }
        if let Some(plan) = &self.plan {
            let _ = writeln!(out, "{}", plan.message);
        }
        if let Some(roads) = &self.roads {
            let _ = writeln!(out, "{}", roads.message());
        }
        out
    }
}

impl Line {
    /// `cameras.csv:12: error: lon: …`: the form that editors jump to.
    fn text(&self, tongue: &Tongue, colour: bool) -> String {
        let (word, code) = match self.severity {
            "error" => (tongue.say("错误", "error"), 31),
            _ => (tongue.say("警告", "warning"), 33),
        };
        let word = if colour { format!("\u{1b}[1;{code}m{word}\u{1b}[0m") } else { word.to_owned() };
        let mut text = if self.file.is_empty() { String::new() } else { plain(&self.file) };
        if let Some(row) = self.row {
            let _ = write!(text, ":{row}");
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&word);
        text.push_str(": ");
        if let Some(column) = &self.column {
            let _ = write!(text, "{}: ", plain(column));
        }
        text + &plain(&self.message)
    }
}

fn line(fault: &Fault, language: Language) -> Line {
    Line {
        severity: if fault.is_error() { "error" } else { "warning" },
        file: fault.file.to_string(),
        row: fault.row,
        column: fault.column.as_ref().map(ToString::to_string),
        value: fault.value.to_string(),
        message: fault.sentence(language),
    }
}

fn forms(loaded: &Loaded, language: Language) -> Vec<FormLine> {
    let odd = loaded.forms.iter().filter(|(_, form): &(&String, &Form)| !form.is_plain());
    odd.map(|(file, form)| FormLine { file: file.clone(), form: form.words(language) }).collect()
}

/// The columns of each file that are none of the registry's own.
fn kept(loaded: &Loaded) -> Vec<KeptLine> {
    let lines = loaded.tables.files.iter().map(|(file, table)| {
        let own = |name: &str| name.is_empty() || name == "datum" || file.columns().contains(&name);
        let columns = table.columns.iter().map(|c| c.trim()).filter(|c| !own(c)).map(str::to_owned).collect();
        KeptLine { file: file.word().to_owned(), columns }
    });
    lines.filter(|line| !line.columns.is_empty()).collect()
}

fn plan(registry: &Registry, settings: &Settings, language: Language) -> Plan {
    let summary: PlanSummary = plan_summary(registry, &settings.intervals());
    let mut message = summary.words(language);
    if let Some(reach) = summary.reach_words(language) {
        message.push('\n');
        message.push_str(&reach);
    }
    let in_flight = settings.probe.in_flight_for(summary.cameras);
    let files = open_files();
    // As many probes again may hold a second socket (DNS, a redirect).
    if (in_flight as u64).saturating_mul(2) > files {
        message.push('\n');
        message.push_str(&match language {
            Language::ZhCn => {
                format!("本机最多可打开 {files} 个文件，放不下 {in_flight} 个同时探测：请提高 LimitNOFILE")
            }
            Language::En => {
                format!(
                    "at most {files} files may be open here, too few for {in_flight} probes at once: raise LimitNOFILE"
                )
            }
        });
    }
    Plan {
        cameras: summary.cameras,
        nodes: summary.nodes,
        checks: summary.checks_on.iter().map(|c| c.word()).collect(),
        reach: summary.reach.clone(),
        probes_per_second: summary.probes_per_second,
        core_share: summary.core_share,
        message,
    }
}

/// Times within a year at which nobody is on duty, and sinks of which nobody knows.
fn gaps_of_duty(roster: &Roster, now: Time, settings: &Settings, language: Language) -> Vec<String> {
    let local = |at: Time| when::local(at, &settings.ui.time_zone);
    let empty = roster.turns(now, now + Span::hours(24 * 366)).into_iter().filter(|turn| turn.who.is_none());
    let mut told: Vec<String> = empty
        .map(|turn| {
            let (level, from, to) = (turn.level, local(turn.from), local(turn.to));
            match language {
                Language::ZhCn => format!("{from} 至 {to} 第 {level} 级（从 0 起）无人值班：消息发给通道的默认收件人"),
                Language::En => format!(
                    "from {from} to {to} nobody is on duty at level {level}: messages go to what each sink has by default"
                ),
            }
        })
        .collect();
    told.extend(notify::duty_gaps(&settings.sinks, Some(roster)).iter().map(|gap| gap_words(gap, language)));
    told
}

/// What is missing between the sinks and the roster, in words.
fn gap_words(gap: &DutyGap, language: Language) -> String {
    match (gap, language) {
        (DutyGap::NoRoster { sink }, Language::ZhCn) => {
            format!("通道 {sink} 设了 on_duty，但没有值班表（[roster] file）：消息发给它的默认收件人")
        }
        (DutyGap::NoRoster { sink }, Language::En) => format!(
            "the sink {sink} has on_duty = true and there is no roster ([roster] file): its messages go to what it has by \
             default"
        ),
        (DutyGap::NoAddress { sink, kind, contact }, Language::ZhCn) => {
            let kind = kind.word();
            format!("{contact} 会轮到值班，但没有通道 {sink}（{kind}）能用的联系方式：届时消息发给它的默认收件人")
        }
        (DutyGap::NoAddress { sink, kind, contact }, Language::En) => {
            let kind = kind.word();
            format!(
                "{contact} takes turns and has nothing by which the sink {sink} ({kind}) reaches people: its messages go to \
                 what it has by default then"
            )
        }
        (DutyGap::NotAsked { sink, contact }, Language::ZhCn) => {
            format!("联系人 {contact} 指定了通道 {sink}，但配置中没有这个名字且 on_duty = true 的通道")
        }
        (DutyGap::NotAsked { sink, contact }, Language::En) => {
            format!(
                "contact {contact} names the sink {sink}, and the settings have none of that name with on_duty = true"
            )
        }
    }
}

/// The hard limit on open files, to which a start raises the soft one.
fn open_files() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Faults as lines on stderr, for commands that refuse a registry.
pub(super) fn tell(faults: &[Fault], errors: bool, tongue: &Tongue) {
    for fault in faults.iter().filter(|f| f.is_error() == errors) {
        super::common::note(&line(fault, tongue.language).text(tongue, false));
    }
}
