//! What those who may act find beside a thing: taking an incident, silencing it, announcing work and ending it. Written
//! for a token with the role operate and for nobody else; the script sends them to the API, which judges them anew.

use super::context::Page;
use super::html::Html;
use super::works::day_name;
use crate::http::Role;
use crate::http::wire::Incident;

/// How long something may last, minutes: what is picked without a calendar.
const MINUTES: [u64; 6] = [30, 60, 120, 240, 480, 1_440];
/// Days as the API calls them, in the order of a week.
const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The longest note, characters; the API takes no longer one.
const MAX_NOTE: u64 = 500;

impl Page<'_> {
    /// Who is known by their token; else where one is entered, if there is any.
    pub(super) fn holder(&self, html: &mut Html) {
        let w = self.words;
        if let Some((who, role)) = self.holder {
            let may = match role {
                Role::Read => w.role_read,
                Role::Operate => w.role_operate,
                Role::Admin => w.role_admin,
            };
            html.raw(" · ").text(w.token).raw(" <b>");
            self.name(html, who);
            html.raw("</b> (").text(may).raw(") <button type=\"button\" class=\"leave\">").text(w.leave);
            html.raw("</button></p>");
            return;
        }
        html.raw("</p>");
        if self.settings.tokens.is_empty() {
            return;
        }
        // Without a script there is nothing to send it with; the script shows it.
        html.raw("<details class=\"do\" data-key=\"enter\" data-script hidden><summary>").text(w.enter_token);
        html.raw("</summary><form class=\"enter\"><label>").text(w.token);
        html.raw(" <input name=\"token\" type=\"password\" autocomplete=\"off\" required></label><button>");
        html.text(w.enter).raw("</button><output></output></form></details>");
    }

    /// What may be done about an incident.
    pub(super) fn incident_actions(&self, html: &mut Html, incident: &Incident) {
        if !self.may_act() || incident.status == "resolved" {
            return;
        }
        let w = self.words;
        html.raw("<div class=\"actions\">");
        if incident.acknowledged_by.is_none() {
            html.raw("<button type=\"button\" class=\"do ack\" data-incident=\"").number(incident.id);
            html.raw("\" data-method=\"POST\" data-path=\"/api/v1/incidents/").number(incident.id).raw("/ack\">");
            html.text(w.acknowledge).raw("</button>");
            self.begin_form(html, "ack", incident.id, w.with_note);
            html.raw("<form class=\"do\" data-method=\"POST\" data-end=\"until\" data-path=\"/api/v1/incidents/");
            html.number(incident.id).raw("/ack\">");
            self.until(html, Some(w.until_resolved));
            self.end_form(html, w.acknowledge);
        }
        if incident.silenced_by.is_some() {
            html.raw("<button type=\"button\" class=\"do\" data-method=\"DELETE\" data-path=\"/api/v1/incidents/");
            html.number(incident.id).raw("/silence\">").text(w.lift).raw("</button>");
        } else {
            self.begin_form(html, "silence", incident.id, w.silence);
            html.raw("<form class=\"do\" data-method=\"POST\" data-end=\"until\" data-path=\"/api/v1/incidents/");
            html.number(incident.id).raw("/silence\"><p class=\"quiet\">").text(w.silence_means).raw("</p>");
            self.until(html, None);
            self.end_form(html, w.silence_now);
        }
        html.raw("</div>");
    }

    /// Announces work on a camera, a node or an area.
    pub(super) fn announce(&self, html: &mut Html, object: &str) {
        if !self.may_act() {
            return;
        }
        let w = self.words;
        html.raw("<div class=\"actions\"><details class=\"do\" data-key=\"work-").text(object).raw("\"><summary>");
        html.text(w.announce).raw("</summary><form class=\"do\" data-method=\"POST\" data-end=\"to\" data-object=\"");
        html.text(object).raw("\" data-path=\"/api/v1/maintenance\"><p class=\"quiet\">").text(w.announce_means);
        html.raw("</p><label>").text(w.from);
        html.raw(" <input type=\"datetime-local\" name=\"from\"></label>");
        self.until(html, None);
        self.end_form(html, w.announce_now);
        self.announce_weekly(html, object);
        html.raw("</div>");
    }

    /// Announces work that recurs: days of the week, and from when to when by the town's clocks.
    fn announce_weekly(&self, html: &mut Html, object: &str) {
        let w = self.words;
        html.raw("<details class=\"do\" data-key=\"weekly-").text(object).raw("\"><summary>").text(w.announce_weekly);
        html.raw(
            "</summary><form class=\"do\" data-method=\"POST\" data-end=\"to\" data-weekly=\"yes\" data-object=\"",
        );
        html.text(object).raw("\" data-path=\"/api/v1/maintenance\"><p class=\"quiet\">").text(w.weekly_means);
        html.raw("</p><fieldset><legend>").text(w.on_days).raw("</legend>");
        for day in WEEK {
            html.raw("<label><input type=\"checkbox\" name=\"day\" value=\"").raw(day).raw("\"> ");
            html.text(day_name(day, self.language)).raw("</label>");
        }
        html.raw("</fieldset><label>")
            .text(w.each_from)
            .raw(" <input type=\"time\" name=\"begin\" required></label><label>");
        html.text(w.each_to).raw(" <input type=\"time\" name=\"over\" required></label><label>").text(w.first_from);
        html.raw(" <input type=\"datetime-local\" name=\"from\"></label><label>").text(w.last_until);
        html.raw(" <input type=\"datetime-local\" name=\"end\"></label>");
        self.end_form(html, w.announce_now);
    }

    /// The sinks, each with a test: whether a message arrives is better known before the night in which it must.
    pub(super) fn sinks(&self, html: &mut Html) {
        if !self.may_act() || self.sinks.is_empty() {
            return;
        }
        let w = self.words;
        html.raw("<section id=\"sinks\"><h2>").text(w.sinks).raw("</h2><div class=\"actions\">");
        for sink in self.sinks {
            html.raw("<details class=\"do\" data-key=\"test-").text(&sink.name).raw("\"><summary>").text(&sink.name);
            html.raw(" <small>").raw(sink.kind.word()).raw("</small></summary><form class=\"do\" data-method=\"POST\"");
            html.raw(" data-trial=\"yes\" data-path=\"/api/v1/sinks/")
                .text(&sink.name)
                .raw("/test\"><p class=\"quiet\">");
            html.text(w.test_means).raw("</p><button>").text(w.test_now).raw("</button></form>");
            html.raw("<pre class=\"said\" role=\"status\"></pre></details>");
        }
        html.raw("</div></section>");
    }

    /// Ends work that was announced.
    pub(super) fn end_work(&self, html: &mut Html, number: u64) {
        if self.may_act() {
            html.raw(" <button type=\"button\" class=\"do\" data-method=\"DELETE\" data-path=\"/api/v1/maintenance/");
            html.number(number).raw("\">").text(self.words.end_work).raw("</button>");
        }
    }

    /// Begins what opens to a form. By its key the script finds it again in a page that is renewed.
    fn begin_form(&self, html: &mut Html, kind: &'static str, number: u64, title: &str) {
        html.raw("<details class=\"do\" data-key=\"").raw(kind).raw("-").number(number).raw("\"><summary>").text(title);
        html.raw("</summary>");
    }

    /// How long: picked from a list, or a moment in the town's zone. `endless` names what no end means, where that is
    /// allowed.
    fn until(&self, html: &mut Html, endless: Option<&str>) {
        let w = self.words;
        html.raw("<label>").text(w.how_long).raw(" <select name=\"for\">");
        if let Some(word) = endless {
            html.raw("<option value=\"\">").text(word).raw("</option>");
        }
        for minutes in MINUTES {
            html.raw("<option value=\"").number(minutes).raw("\">");
            match minutes % 60 {
                0 => html.number(minutes / 60).text(w.hours),
                _ => html.number(minutes).text(w.minutes),
            };
            html.raw("</option>");
        }
        html.raw("</select></label><label>").text(w.or_until);
        html.raw(" <input type=\"datetime-local\" name=\"end\"></label>");
    }

    fn end_form(&self, html: &mut Html, button: &str) {
        html.raw("<label>").text(self.words.note).raw(" <input name=\"note\" autocomplete=\"off\" maxlength=\"");
        html.number(MAX_NOTE).raw("\"></label><button>").text(button).raw("</button></form></details>");
    }
}
