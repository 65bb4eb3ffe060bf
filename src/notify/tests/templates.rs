//! Templates: what the town may write, what is told of faults, and that a fault is never silence.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cunkou_core::model::Language;
use proptest::prelude::*;

use crate::files::secrets::{SecretText, SecretUrl};
use crate::files::settings::{SinkForm, SinkKind, SinkSettings};
use crate::files::templates::TemplateFiles;
use crate::notify::facts::Facts;
use crate::notify::samples;
use crate::notify::templates::body_name;
use crate::notify::{TemplateFault, Templates};

fn town(files: &[(&str, &str)]) -> TemplateFiles {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<BTreeMap<_, _>>();
    TemplateFiles { dir: PathBuf::from("/town"), files }
}

fn gateway(content_type: &str, body: &str) -> SinkSettings {
    let form = SinkForm::Http {
        method: "POST",
        content_type: content_type.to_owned(),
        body: SecretText::new(body),
        expect: String::new(),
    };
    let base = super::http::sink("sms", SinkKind::Http, 1);
    SinkSettings { form, url: SecretUrl::parse("http://gw/").unwrap(), ..base }
}

fn faults(files: &[(&str, &str)], sinks: &[SinkSettings]) -> Vec<String> {
    Templates::new(&town(files), sinks).err().unwrap_or_default().iter().map(TemplateFault::to_string).collect()
}

/// The facts of an opening with names that would break a text.
fn facts(language: Language) -> Facts {
    samples::every_kind(language).remove(0).1
}

#[test]
fn every_built_in_text_says_every_kind_of_message() {
    let templates = Templates::built_in().unwrap();
    for language in [Language::ZhCn, Language::En] {
        for (what, facts) in samples::every_kind(language) {
            for (kind, ending) in [
                ("email", "txt"),
                ("email", "html"),
                ("dingtalk", "md"),
                ("wecom", "md"),
                ("feishu", "txt"),
                ("ntfy", "txt"),
            ] {
                let text = templates.text(&format!("{kind}.{}.{ending}", language.tag()), &facts);
                let headline = if ending == "txt" { facts.told.title.replace("://", "：//") } else { String::new() };
                assert!(text.contains(&headline), "{kind} {what}: {text}");
                assert!(!text.contains("{{ title"), "{text}");
                if let Some(link) = &facts.told.link {
                    // The phone opens it by a field of its own.
                    assert!(text.contains(link) || kind == "ntfy", "{kind} {what}: {text}");
                }
            }
        }
    }
    // Every kind, a reminder for each of its reasons; one to who is on duty; every alert, open and over; both reviews.
    assert_eq!(samples::every_kind(Language::En).len(), 14 + 1 + 2 * 15 + 2);
}

/// docs/messages.md says what a template knows: no more, and no less.
#[test]
fn every_fact_stands_in_the_paper() {
    let paper = include_str!("../../../docs/messages.md");
    let table = paper.split("## What a template knows").nth(1).unwrap().split("```").next().unwrap();
    let said = table.lines().filter_map(|l| l.strip_prefix("| `")?.split('`').next());
    let value = facts(Language::En).value(crate::notify::escape::Escape::Text);
    let known: std::collections::BTreeSet<String> = value.try_iter().unwrap().map(|key| key.to_string()).collect();
    assert_eq!(said.map(str::to_owned).collect::<std::collections::BTreeSet<String>>(), known);
}

#[test]
fn a_town_changes_a_text_and_includes_its_own_parts() {
    let files = [
        ("wecom.en.md", "**{{ headline }}**\n{% include \"_sign.md\" %}\n"),
        ("_sign.md", "{% if link %}[go]({{ link }}) {% endif %}{{ entrances.list }} · duty desk"),
    ];
    let templates = Templates::new(&town(&files), &[]).unwrap();
    let text = templates.text("wecom.en.md", &facts(Language::En));
    assert!(text.starts_with("**2 entrances lost · 2 cameras down · cause: switch TEST-1"), "{text}");
    assert!(text.contains("[go](https://cunkou.example/page/incident/42) "), "{text}");
    assert!(
        text.contains("＜b＞东＜/b＞＆口, ") && text.ends_with(" · duty desk"),
        "a part is escaped like the whole: {text}"
    );
}

#[test]
fn faults_are_told_with_file_and_line() {
    for (files, said) in [
        (&[("wecom.en.md", "a\n{{ headlin }}")][..], "/town/wecom.en.md:2: undefined value"),
        (&[("wecom.en.md", "a\n{% if %}")][..], "/town/wecom.en.md:2: syntax error"),
        (&[("wecom.en.md", "a\n{% include '_x' %}"), ("_x", "\n\n{{ y }}")][..], "/town/_x:3: undefined value"),
        (&[("wecom.en.md", "{% include '_gone' %}")][..], "/town/wecom.en.md:1: template not found"),
        (&[("wecom.en.md", "{{ station.nme }}")][..], "/town/wecom.en.md:1: undefined value"),
        (&[("wecom.en.md", "\n \n")][..], "/town/wecom.en.md: it gives no text (with the message \"opened\")"),
        (
            &[("wecom.en.md", "{% if kind == 'opened' %}x{% endif %}")][..],
            "gives no text (with the message \"updated\")",
        ),
        (&[("wecom.en.md", "{{ lines }}")][..], "a sequence is no text"),
        (&[("wecom.en.md", "{{ title|safe }}")][..], "/town/wecom.en.md:1: unknown filter"),
        (
            &[("wecom.en.md", "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}")][..],
            "/town/wecom.en.md:1: engine ran out of fuel",
        ),
        (&[("wecom.en.md", "{{ 'x' * 70000 }}")][..], "it gives more than 64 KiB"),
        (&[("wecom.en.txt", "x")][..], "/town/wecom.en.txt: no sink asks for this file; known are email.zh-CN.txt"),
    ] {
        let faults = faults(files, &[]);
        assert_eq!(faults.len(), 1, "{files:?}: {faults:?}");
        assert!(faults[0].contains(said), "{files:?}: {faults:?}");
    }
}

#[test]
fn a_body_of_the_settings_is_tried_like_the_others() {
    let key = "hunter2-key-of-the-gateway";
    for (content_type, body, said) in [
        ("application/json", "{\"text\": {{ title }}}", "the body of sink \"sms\": what it gives is no JSON"),
        (
            "application/json",
            "{\n\"t\": \"{{ nothing }}\", \"key\": \"hunter2-key-of-the-gateway\"}",
            "the body of sink \"sms\":2: undefined value",
        ),
    ] {
        let faults = faults(&[], &[gateway(content_type, body)]);
        assert!(faults.len() == 1 && faults[0].contains(said), "{faults:?}");
        assert!(!faults[0].contains(key), "{faults:?}");
    }
    let body = "{\"text\": \"{{ title }}\", \"list\": \"{{ entrances.list }}\", \"n\": {{ cameras.count }}}";
    let sink = gateway("application/json", body);
    let templates = Templates::new(&TemplateFiles::default(), &[sink]).unwrap();
    let text = templates.text(&body_name("sms", "application/json"), &facts(Language::ZhCn));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["n"], 2);
    assert!(value["list"].as_str().unwrap().starts_with("甘\"棠\\村' <b>东</b>&口、"), "{text}");
}

#[test]
fn no_template_can_switch_its_escape_off() {
    for body in [
        "{% autoescape false %}{{ entrances.names[0] }}{% endautoescape %}",
        "{% autoescape 'none' %}{{ entrances.names[0] }}{% endautoescape %}",
        "{% set x %}{{ entrances.names[0] }}{% endset %}{{ x }}",
        "{{ entrances.names|join(' ') }}",
        "{{ entrances.names[0] ~ '' }}",
        "{{ entrances.names[0]|replace('x', 'y') }}",
        "{{ entrances.names[0]|upper|e }}",
        "{% macro m(v) %}{{ v }}{% endmacro %}{{ m(entrances.names[0]) }}",
        "{{ '%s'|format(entrances.names[0]) }}",
    ] {
        for name in ["wecom.en.md", "email.en.html"] {
            let templates = match Templates::new(&town(&[(name, body)]), &[]) {
                Ok(templates) => templates,
                // Refused is as good.
                Err(_) => continue,
            };
            let text = templates.text(name, &facts(Language::En)).to_lowercase();
            assert!(!text.contains("<b>") && !text.contains("</b>"), "{name} {body}: {text}");
        }
    }
}

#[test]
fn a_template_that_fails_at_run_time_falls_back_to_plain_text() {
    // It passes every trial, and fails on what no trial has: three entrances.
    let body = "{{ title }}{% if entrances.count == 3 %}{{ nothing }}{% endif %}";
    let json = format!("{{\"text\": \"{body}\"}}");
    let form = format!("text={body}");
    let sinks = [
        gateway("application/json", &json),
        SinkSettings { name: "form".to_owned(), ..gateway("application/x-www-form-urlencoded", &form) },
    ];
    let files = [("wecom.en.md", body), ("email.en.html", body), ("ntfy.en.txt", body)];
    let templates = Templates::new(&town(&files), &sinks).unwrap();
    let mut odd = facts(Language::En);
    odd.told.entrances.count = 3;
    let text = templates.text("ntfy.en.txt", &odd);
    assert!(text.starts_with("New: 2 entrances lost") && text.ends_with("/page/incident/42"), "{text}");
    assert_eq!(text.lines().count(), odd.told.lines.len() + 2, "all of it: {text}");
    let markdown = templates.text("wecom.en.md", &odd);
    assert!(markdown.starts_with("New: 2 entrances") && !markdown.contains("<b>"), "{markdown}");
    assert!(!templates.text("email.en.html", &odd).contains("<b>"));
    let json = templates.text(&body_name("sms", "application/json"), &odd);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(value["text"].as_str().unwrap().starts_with("New: 2 entrances lost"), "{json}");
    let form = templates.text(&body_name("form", "application/x-www-form-urlencoded"), &odd);
    assert!(form.starts_with("text=New%3A+2+entrances") && !form.contains('<'), "{form}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands in a template, it is a fault or a text, in bounded time, and never a panic.
    #[test]
    fn no_template_panics(text in "(\\{\\{ ?|\\}\\}|\\{% ?|%\\}|if |for |x in |title|lines|\\.|\\||join|loop|endif|endfor|'|\"|\\(|\\)|[a-z0-9 *~+-]){0,24}") {
        if let Ok(templates) = Templates::new(&town(&[("ntfy.en.txt", &text)]), &[]) {
            prop_assert!(!templates.text("ntfy.en.txt", &facts(Language::En)).is_empty());
        }
    }
}
