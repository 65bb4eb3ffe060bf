//! The rules for Prometheus say what the code says. What they make of a real scrape is asked by `tests/suites/dashboards`.

use std::collections::BTreeSet;
use std::process::Command;

use cunkou_core::model::Reason;

use crate::source::{root, sources, text};

const RULES: [&str; 3] = ["cunkou-availability.yml", "cunkou-self.yml", "cunkou-town.yml"];

fn rules() -> Vec<(&'static str, String)> {
    RULES.map(|name| (name, text(&format!("dashboards/rules/{name}")))).to_vec()
}

/// The unit tests of the rules, by Prometheus' own hand.
#[test]
fn rules_do_what_their_tests_say() {
    let folder = root().join("dashboards/rules/tests");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    files.sort();
    assert!(files.len() >= RULES.len(), "{files:?}");
    let run = Command::new("promtool").args(["test", "rules"]).args(&files).current_dir(&folder).output();
    let Ok(output) = run else {
        println!("skipped: rules_do_what_their_tests_say: promtool is not installed (Debian: prometheus)");
        return;
    };
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn rules_name_metrics_that_there_are() {
    let code: Vec<String> = sources("src").into_iter().flat_map(|f| f.texts).map(|(_, t)| t).collect();
    for (name, rules) in rules() {
        let words = rules.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':'));
        let series: BTreeSet<&str> = words.filter(|w| w.contains("cunkou_")).collect();
        assert!(!series.is_empty(), "{name}");
        for one in series {
            // Recorded series have levels and operations, and a bucket is a histogram's.
            let known = if one.contains(':') {
                rules_record(one)
            } else {
                let metric = one.strip_suffix("_bucket").unwrap_or(one);
                code.iter().any(|t| t.trim_matches('"') == metric)
            };
            assert!(known, "{name}: {one} is neither a metric nor recorded");
        }
    }
}

/// Words of labels that rules ask for are words that the code has: those too that no town shows at the moment.
#[test]
fn rules_ask_for_words_that_there_are() {
    let code: BTreeSet<String> = sources("src").into_iter().flat_map(|f| f.texts).map(|(_, t)| t).collect();
    let mut words = 0;
    for (name, rules) in rules() {
        for matcher in rules.split('{').skip(1).filter_map(|m| m.split('}').next()) {
            // Placeholders of annotations are in braces too, and quote nothing.
            for quoted in matcher.split('"').skip(1).step_by(2) {
                for word in quoted.split('|') {
                    words += 1;
                    assert!(code.contains(&format!("\"{word}\"")), "{name}: nothing is ever called {word}");
                }
            }
        }
    }
    assert!(words > 15, "only {words} words are found");
}

fn rules_record(series: &str) -> bool {
    rules().iter().any(|(_, rules)| rules.contains(&format!("- record: {series}\n")))
}

/// A camera that shows nothing is not available: the list of reasons in the rules is the core's.
#[test]
fn rules_know_which_reasons_blind() {
    let rules = text("dashboards/rules/cunkou-availability.yml");
    let listed: BTreeSet<&str> =
        rules.split("reason=~\"").nth(1).and_then(|r| r.split('"').next()).unwrap().split('|').collect();
    let blinding: BTreeSet<&str> = Reason::ALL.iter().filter(|r| r.blinds()).map(|r| r.word()).collect();
    assert_eq!(listed, blinding);
}

/// Everything that people read is there in both languages.
#[test]
fn every_alert_speaks_both_languages() {
    let mut alerts = 0;
    for (name, rules) in rules() {
        for alert in rules.split("- alert: ").skip(1) {
            alerts += 1;
            let said = |key: &str| alert.lines().any(|l| l.trim_start().starts_with(key));
            let head = alert.lines().next().unwrap_or_default();
            assert!(said("summary: \"") && said("summary_zh: \"") && said("severity: "), "{name}: {head}");
        }
    }
    assert!(alerts > 20, "only {alerts} alerts are found");
}
