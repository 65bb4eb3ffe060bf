//! Texts from templates that a town can change: which there are, what is wrong with them, and what they give.
//!
//! Built in is one for each sink that people read, in each language; a file of the same name in `[templates] dir` takes
//! its place. A file that begins with an underscore is a part that others include. What is not known is a fault, so that
//! a slip in a name is found at start. Values are escaped by the end of the name whatever a template says: there is no
//! `safe` filter, and `autoescape` changes nothing. Fuel bounds what a template may reckon and hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;

use cunkou_core::model::Language;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::escape::Escape;
use super::facts::Facts;
use super::samples;
use crate::files::settings::{SinkForm, SinkSettings};
use crate::files::templates::TemplateFiles;

/// What a template may use up: some 200 000 steps, or 12 MiB.
const FUEL: u64 = 200_000;

/// Bytes of a text; no sink takes more.
const MAX_TEXT: usize = 64 * 1024;

/// The texts that are built in.
const BUILT_IN: [(&str, &str); 12] = [
    ("email.zh-CN.txt", include_str!("templates/email.zh-CN.txt")),
    ("email.en.txt", include_str!("templates/email.en.txt")),
    ("email.zh-CN.html", include_str!("templates/email.zh-CN.html")),
    ("email.en.html", include_str!("templates/email.en.html")),
    ("dingtalk.zh-CN.md", include_str!("templates/dingtalk.zh-CN.md")),
    ("dingtalk.en.md", include_str!("templates/dingtalk.en.md")),
    ("wecom.zh-CN.md", include_str!("templates/wecom.zh-CN.md")),
    ("wecom.en.md", include_str!("templates/wecom.en.md")),
    ("feishu.zh-CN.txt", include_str!("templates/feishu.zh-CN.txt")),
    ("feishu.en.txt", include_str!("templates/feishu.en.txt")),
    ("ntfy.zh-CN.txt", include_str!("templates/ntfy.zh-CN.txt")),
    ("ntfy.en.txt", include_str!("templates/ntfy.en.txt")),
];

/// One thing that is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// The file, or the setting that the template stands in.
    pub file: String,
    /// The line in it, from 1, where there is one.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// Every template, compiled.
pub struct Templates {
    /// One for each escape, since the escape is the environment's and not the template's to choose.
    environments: BTreeMap<Escape, Environment<'static>>,
    /// Templates of which it was said that they failed.
    said: Mutex<BTreeSet<String>>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Templates")
    }
}

/// The name of the template for the body of a sink of kind `http`.
pub(super) fn body_name(sink: &str, content_type: &str) -> String {
    format!("http/{sink}.{}", Escape::ending_of(content_type))
}

impl Templates {
    /// Compiles the built-in texts, those of the town and the bodies of the settings, and tries each with every kind of
    /// message and alert.
    ///
    /// # Errors
    /// Everything that is wrong, with file and line.
    pub fn new(town: &TemplateFiles, sinks: &[SinkSettings]) -> Result<Templates, Vec<TemplateFault>> {
        let mut environments: BTreeMap<Escape, Environment<'static>> =
            Escape::ALL.into_iter().map(|escape| (escape, environment(escape))).collect();
        let sources = Sources::of(town, sinks);
        let mut faults = sources.unknown.clone();
        for (name, source) in &sources.parts {
            // A part is tried in each escape, and its faults are told once.
            let added = environments.values_mut().map(|e| e.add_template_owned(name.clone(), source.clone()));
            if let Some(error) = added.filter_map(Result::err).next() {
                faults.push(sources.fault(name, &error));
            }
        }
        for (name, (source, _)) in &sources.whole {
            let environment = Escape::of_name(name).and_then(|escape| environments.get_mut(&escape));
            let Some(environment) = environment else { continue };
            if let Err(error) = environment.add_template_owned(name.clone(), source.clone()) {
                faults.push(sources.fault(name, &error));
            }
        }
        let templates = Templates { environments, said: Mutex::default() };
        if faults.is_empty() {
            templates.try_all(&sources, &mut faults);
        }
        if faults.is_empty() { Ok(templates) } else { Err(faults) }
    }

    /// Those that are built in, for tests and where nothing else is needed.
    ///
    /// # Errors
    /// As [`Templates::new`]; a test shows that there are none.
    pub fn built_in() -> Result<Templates, Vec<TemplateFault>> {
        Templates::new(&TemplateFiles::default(), &[])
    }

    /// Sinks of kind `http` that ask the roster and whose body has no number of its own for when nobody is on duty.
    #[must_use]
    pub fn without_number(&self, sinks: &[SinkSettings]) -> Vec<String> {
        let lacks = |sink: &&SinkSettings| {
            let SinkForm::Http { content_type, .. } = &sink.form else { return false };
            let name = body_name(&sink.name, content_type);
            let Some(escape) = Escape::of_name(&name) else { return false };
            let said = |phone: &str| {
                let facts = samples::with_number(sink.language, phone)?;
                self.render_or_why(&name, escape, &facts).ok()
            };
            let (Some(with), Some(without)) = (said(samples::NUMBER), said("")) else { return false };
            with.contains(samples::NUMBER) && with.replace(samples::NUMBER, "") == without
        };
        sinks.iter().filter(|sink| sink.on_duty).filter(lacks).map(|sink| sink.name.clone()).collect()
    }

    fn try_all(&self, sources: &Sources, faults: &mut Vec<TemplateFault>) {
        for (name, (_, languages)) in &sources.whole {
            let Some(escape) = Escape::of_name(name) else { continue };
            for language in languages {
                // The first fault of a template is enough: the others are mostly the same.
                let first = samples::every_kind(*language).into_iter().find_map(|(what, facts)| {
                    let fault = match self.render_or_why(name, escape, &facts) {
                        Ok(text) => check(&text, escape).err()?,
                        Err(error) => return Some(sources.fault(name, &error).said_of(&what)),
                    };
                    Some(TemplateFault { file: sources.file(name), line: None, what: fault }.said_of(&what))
                });
                if let Some(fault) = first {
                    faults.push(fault);
                    break;
                }
            }
        }
    }

    /// What a template gives, or where it gives nothing the text without it: silence is worse than plain words. A
    /// template that fails is said once in the log.
    pub(super) fn text(&self, name: &str, facts: &Facts) -> String {
        let escape = Escape::of_name(name).unwrap_or(Escape::Text);
        let why = match self.render_or_why(name, escape, facts) {
            Ok(text) => match check(&text, escape) {
                Ok(()) => return text,
                Err(why) => why,
            },
            Err(error) => describe(innermost(&error)),
        };
        let first = self.said.lock().is_ok_and(|mut said| said.insert(name.to_owned()));
        if first {
            tracing::error!(template = name, why, "a template fails; its sink gets plain text until it is mended");
        }
        match escape {
            Escape::Json => format!("{{\"text\": \"{}\"}}", Escape::Json.text(&facts.plain(Escape::Text))),
            Escape::Form => format!("text={}", Escape::Form.text(&facts.plain(Escape::Text))),
            escape => facts.plain(escape),
        }
    }

    fn render_or_why(&self, name: &str, escape: Escape, facts: &Facts) -> Result<String, Error> {
        let missing = || Error::new(ErrorKind::TemplateNotFound, name.to_owned());
        let environment = self.environments.get(&escape).ok_or_else(missing)?;
        let text = environment.get_template(name)?.render(facts.value(escape))?;
        Ok(text.replace('\r', "").trim().to_owned())
    }
}

/// Where templates come from, and where each is told to be.
#[derive(Default)]
struct Sources {
    /// By name: the source, and the languages in which it is rendered.
    whole: BTreeMap<String, (String, Vec<Language>)>,
    parts: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    unknown: Vec<TemplateFault>,
}

impl Sources {
    fn of(town: &TemplateFiles, sinks: &[SinkSettings]) -> Sources {
        let mut sources = Sources::default();
        for (name, source) in BUILT_IN {
            let language = if name.contains(".zh-CN.") { Language::ZhCn } else { Language::En };
            sources.whole.insert(name.to_owned(), (source.to_owned(), vec![language]));
        }
        for (name, source) in &town.files {
            let file = town.dir.join(name).display().to_string();
            sources.files.insert(name.clone(), file.clone());
            if name.starts_with('_') {
                sources.parts.insert(name.clone(), source.clone());
            } else if let Some((known, _)) = sources.whole.get_mut(name) {
                known.clone_from(source);
            } else {
                sources.unknown.push(TemplateFault { file, line: None, what: unknown() });
            }
        }
        for sink in sinks {
            if let SinkForm::Http { content_type, body, .. } = &sink.form {
                let name = body_name(&sink.name, content_type);
                sources.files.insert(name.clone(), format!("the body of sink {:?}", sink.name));
                sources.whole.insert(name, (body.expose().to_owned(), vec![sink.language]));
            }
        }
        sources
    }

    fn file(&self, name: &str) -> String {
        self.files.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// An error tells of the file in which it happened, which may be a part.
    fn fault(&self, name: &str, error: &Error) -> TemplateFault {
        let error = innermost(error);
        TemplateFault { file: self.file(error.name().unwrap_or(name)), line: error.line(), what: describe(error) }
    }
}

impl TemplateFault {
    fn said_of(self, kind: &str) -> TemplateFault {
        TemplateFault { what: format!("{} (with {kind})", self.what), ..self }
    }
}

fn unknown() -> String {
    let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    format!("no sink asks for this file; known are {}, and a part to be included begins with _", names.join(", "))
}

/// Where it really happened: in the part that was included, not in the line that includes it.
fn innermost(error: &Error) -> &Error {
    let mut inner = error;
    while let Some(cause) = std::error::Error::source(inner).and_then(|e| e.downcast_ref::<Error>()) {
        inner = cause;
    }
    inner
}

/// Without the source, in which a key of a gateway may stand.
fn describe(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// Whether a text is one that can be sent.
fn check(text: &str, escape: Escape) -> Result<(), String> {
    if text.is_empty() {
        return Err("it gives no text".to_owned());
    }
    if text.len() > MAX_TEXT {
        return Err(format!("it gives more than {} KiB", MAX_TEXT / 1024));
    }
    match escape {
        Escape::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).map(drop).map_err(|e| {
            format!("what it gives is no JSON ({e}); values stand inside quotes: \"text\": \"{{{{ title }}}}\"")
        }),
        _ => Ok(()),
    }
}

fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    // A line that holds only a tag leaves no line behind.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    // Some escape in force, so that what a template captures is not escaped twice; which one is for the formatter.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("sink".into()));
    environment.set_formatter(move |out, _: &mut State<'_, '_>, value| write(out, escape, value));
    environment.remove_filter("safe");
    environment
}

fn write(out: &mut Output<'_>, escape: Escape, value: &Value) -> Result<(), Error> {
    let text = match value.kind() {
        ValueKind::Undefined | ValueKind::None => return Ok(()),
        ValueKind::String if value.is_safe() => value.to_string(),
        ValueKind::String => escape.text(value.as_str().unwrap_or_default()),
        ValueKind::Bool | ValueKind::Number => value.to_string(),
        _ => {
            let what = format!("a {} is no text; use its parts, or a loop", value.kind());
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        }
    };
    out.write_str(&text).map_err(Error::from)
}
