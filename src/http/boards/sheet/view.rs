//! A sheet as HTML. Its style makes one page of A4 of it.

use cunkou_core::alert::reason_name;
use cunkou_core::health::State;
use cunkou_core::model::{Check, FailKind, Inconclusive, Outcome, ProbeResult};
use cunkou_core::registry::{Datum, PlaceKind};

use super::gather::{Near, Row, Sheet, clock};
use crate::http::boards::words::Words;
use crate::http::page::Html;

/// Facts of each part of what a judgement rests on that are listed.
const MAX_FOUND: usize = 3;

/// Writes the sheet.
pub(super) fn write(html: &mut Html, sheet: &Sheet, words: &Words) {
    let view = View { sheet, words };
    html.raw("<main id=\"main\" class=\"sheet\">");
    view.top(html);
    html.raw("<section class=\"middle\">");
    view.map(html);
    view.facts(html);
    html.raw("</section>");
    view.found(html);
    view.lost(html);
    view.rows(html);
    view.boxes(html);
    html.raw("</main>");
}

struct View<'a> {
    sheet: &'a Sheet,
    words: &'a Words,
}

impl View<'_> {
    fn top(&self, html: &mut Html) {
        let (s, w) = (self.sheet, self.words);
        html.raw("<header><h1>").text(w.sheet_title).raw(" #").number(s.id).raw("</h1><p>").text(&s.status);
        html.raw("</p><p class=\"printed\">").text(w.as_of).raw(" ").text(&s.printed).raw("</p></header>");
        html.raw("<p class=\"cause\"><b>").text(&s.spoken.cause).raw("</b></p>");
    }

    fn map(&self, html: &mut Html) {
        html.raw("<figure>");
        match &self.sheet.map {
            Some(map) => html.append(map),
            None => html.raw("<p>").text(self.words.no_map).raw("</p>"),
        };
        html.raw("<figcaption>").text(self.words.legend).raw("</figcaption></figure>");
    }

    fn facts(&self, html: &mut Html) {
        let (s, w) = (self.sheet, self.words);
        html.raw("<dl>");
        fact(html, w.broken_since, &s.since);
        if !s.spoken.rivals.is_empty() {
            let rest = s.rivals_total.saturating_sub(s.spoken.rivals.len());
            fact(html, w.or_else, &joined(&s.spoken.rivals, rest, w));
        }
        if !s.exact {
            fact(html, w.how_sure, w.not_exact);
        }
        if !s.spoken.upstream.is_empty() {
            fact(html, w.hangs_on, &joined(&s.spoken.upstream, 0, w));
        }
        if !s.place.is_empty() {
            fact(html, w.where_to, &s.place);
        }
        if let Some(at) = s.at {
            fact(html, "WGS 84", &format!("{:.5}, {:.5}", at.lat, at.lon));
            if let Some(shifted) = Datum::Gcj02.of_wgs84(at) {
                fact(html, w.phone_map, &format!("{:.5}, {:.5}", shifted.lat, shifted.lon));
            }
        }
        if let Some(address) = &s.address {
            fact(html, w.device_address, address);
        }
        s.near.iter().for_each(|near| self.near(html, near));
        if let Some(hint) = s.hint {
            fact(html, w.try_first, hint);
        }
        html.raw("</dl>");
    }

    fn near(&self, html: &mut Html, near: &Near) {
        let w = self.words;
        let kind = match near.kind {
            PlaceKind::Station => w.nearest_station,
            PlaceKind::Team => w.nearest_team,
            PlaceKind::Liaison => w.nearest_liaison,
        };
        html.raw("<dt>").text(kind).raw("</dt><dd>").text(&near.name);
        if let Some(metres) = near.metres {
            html.raw(" · ").text(&format!("{:.1} km", metres / 1_000.0));
        }
        if let Some(contact) = &near.contact {
            html.raw("<br><b>").text(contact).raw("</b>");
        }
        html.raw("</dd>");
    }

    /// What the judgement rests on: whoever drives there for hours may see first whether it holds.
    fn found(&self, html: &mut Html) {
        let (s, w) = (self.sheet, self.words);
        if s.spoken.found.is_empty() {
            return;
        }
        html.raw("<section class=\"found\">");
        for (title, lines) in &s.spoken.found {
            let rest = lines.len().saturating_sub(MAX_FOUND);
            html.raw("<p><b class=\"cap\">").text(title).raw("</b> ");
            for (i, line) in lines.iter().take(MAX_FOUND).enumerate() {
                html.raw(if i == 0 { "" } else { w.semicolon }).text(line);
            }
            html.text(&if rest > 0 { format!(" … +{rest}") } else { String::new() }).raw("</p>");
        }
        html.raw("</section>");
    }

    fn lost(&self, html: &mut Html) {
        let (s, w) = (self.sheet, self.words);
        html.raw("<section><h2>").text(w.sheet_lost).raw(" ").number(s.lost_total as u64).raw("</h2>");
        if s.lost.is_empty() {
            html.raw("<p>").text(w.none_lost).raw("</p></section>");
            return;
        }
        html.raw("<ol class=\"lost\">");
        for lost in &s.lost {
            html.raw("<li><span>").text(&lost.village).raw(" <b>").text(&lost.name).raw("</b></span>");
            if let Some((live, required)) = lost.live {
                html.raw(" <small>").number(live).raw("/").number(required).raw("</small>");
            }
            html.raw("</li>");
        }
        html.raw("</ol>");
        self.rest(html, s.lost_total, s.lost.len());
        html.raw("</section>");
    }

    fn rest(&self, html: &mut Html, all: usize, shown: usize) {
        if all > shown {
            html.raw("<p class=\"rest\">+")
                .number((all - shown) as u64)
                .raw(" ")
                .text(self.words.not_listed)
                .raw("</p>");
        }
    }

    fn rows(&self, html: &mut Html) {
        let (s, w) = (self.sheet, self.words);
        if s.rows.is_empty() {
            return;
        }
        html.raw("<section><h2>").text(w.sheet_cameras).raw(" ").number(s.cameras_total as u64);
        html.raw("</h2><table><thead><tr><th scope=\"col\">").text(w.device).raw("</th><th scope=\"col\">");
        html.text(w.state)
            .raw("</th><th scope=\"col\" colspan=\"5\">")
            .text(w.last_five)
            .raw("</th></tr></thead><tbody>");
        s.rows.iter().for_each(|row| self.row(html, row));
        html.raw("</tbody></table>");
        self.rest(html, s.cameras_total, s.cameras_listed);
        html.raw("</section>");
    }

    fn row(&self, html: &mut Html, row: &Row) {
        html.raw("<tr><th scope=\"row\"><div><b>")
            .text(&row.id)
            .raw("</b> ")
            .text(&row.name)
            .raw("</div><div class=\"at\">");
        html.text(&row.place);
        if let Some(address) = &row.address {
            html.raw(" ").text(address);
        }
        html.raw("</div></th><td>").text(row.state.map_or("", |state| self.state(state))).raw("</td>");
        for n in 0..5 {
            match row.outcomes.get(n) {
                Some(outcome) => self.outcome(html, outcome),
                None if n == 0 && row.outcomes.is_empty() => {
                    html.raw("<td colspan=\"5\" class=\"none\">").text(self.words.no_outcomes).raw("</td>");
                    break;
                }
                None => {
                    html.raw("<td></td>");
                }
            }
        }
        html.raw("</tr>");
    }

    fn outcome(&self, html: &mut Html, outcome: &Outcome) {
        let (class, mark) = match outcome.result {
            ProbeResult::Pass { .. } => ("pass", "✓ "),
            ProbeResult::Fail(_) => ("fail", "✗ "),
            ProbeResult::Answered(_) => ("odd", "! "),
            ProbeResult::Inconclusive(_) => ("void", "– "),
        };
        html.raw("<td class=\"").raw(class).raw("\"><div>").text(&clock(self.sheet, outcome.begun)).raw("</div><div>");
        html.raw(mark).text(self.check(outcome.check)).raw(" ").text(self.heard(outcome.result)).raw("</div></td>");
    }

    fn check(&self, check: Check) -> &'static str {
        match check {
            Check::Reach => self.words.reach,
            Check::Stream => self.words.stream,
            Check::Picture => self.words.picture,
            Check::Device => self.words.device_check,
        }
    }

    fn heard(&self, result: ProbeResult) -> &'static str {
        let w = self.words;
        match result {
            ProbeResult::Pass { slow: false } => w.passed,
            ProbeResult::Pass { slow: true } => w.passed_late,
            ProbeResult::Fail(kind) => match kind {
                FailKind::Timeout => w.timeout,
                FailKind::Unreachable => w.unreachable,
                FailKind::Refused => w.refused,
                FailKind::Reset => w.reset,
                FailKind::Protocol => w.protocol,
                FailKind::Tls => w.tls,
                FailKind::Body => w.body,
            },
            ProbeResult::Answered(reason) => reason_name(reason, self.sheet.language),
            ProbeResult::Inconclusive(why) => match why {
                Inconclusive::Blind => w.while_blind,
                Inconclusive::OwnFault => w.own_fault,
                Inconclusive::LoopStalled => w.loop_stalled,
                Inconclusive::NotAllowed => w.not_allowed,
            },
        }
    }

    fn state(&self, state: State) -> &'static str {
        let w = self.words;
        match state {
            State::Unknown => w.unknown,
            State::Up => w.up,
            State::Suspect => w.suspect,
            State::Degraded => w.degraded,
            State::Down => w.camera_down,
        }
    }

    fn boxes(&self, html: &mut Html) {
        let w = self.words;
        html.raw("<section class=\"work\"><h2>").text(w.to_do).raw("</h2><ul class=\"boxes\">");
        for text in [
            w.box_arrived,
            w.box_power,
            w.box_cable,
            w.box_restart,
            w.box_replaced,
            w.box_picture,
            w.box_back,
            w.box_register,
        ] {
            html.raw("<li>").text(text).raw("</li>");
        }
        html.raw("</ul><p class=\"line\">").text(w.done).raw("</p><p class=\"line\"></p><p class=\"sign\"><span>");
        html.text(w.by_whom).raw("</span><span>").text(w.when_done).raw("</span><span>").text(w.checked_by);
        html.raw("</span></p></section>");
    }
}

fn fact(html: &mut Html, what: &str, value: &str) {
    html.raw("<dt>").text(what).raw("</dt><dd>").text(value).raw("</dd>");
}

fn joined(names: &[String], rest: usize, words: &Words) -> String {
    let mut text = names.join(words.comma);
    if rest > 0 {
        text.push_str(&format!(" … +{rest}"));
    }
    text
}
