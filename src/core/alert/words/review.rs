//! What a review says: what goes on, what was mended, how available the cameras were, which were out for longest.

use super::{MAX_ENTRANCES, Speaker, Told};
use crate::alert::{Incident, Review};
use crate::model::Span;

impl Speaker<'_> {
    /// What a review says, in parts.
    #[must_use]
    pub fn told_of_review(&self, review: &Review) -> Told {
        let headline = self.review_headline(review);
        Told {
            title: self.tongue().review(review.every, &headline),
            headline,
            lines: self.review_lines(review),
            since: self.time(review.from),
            until: Some(self.time(review.to)),
            ..Told::default()
        }
    }

    /// How much is lost now, how many incidents go on and how many were mended, how available the cameras were.
    fn review_headline(&self, review: &Review) -> String {
        let t = self.tongue();
        let lost = self.lost_now.len();
        let mut parts = vec![if lost > 0 { t.entrances_lost(lost) } else { t.nothing_lost() }];
        parts.push(t.open_and_mended(review.open_in_all, review.mended_in_all));
        parts.extend(review.available.map(|share| t.available(&percent(share))));
        parts.join(" · ")
    }

    fn review_lines(&self, review: &Review) -> Vec<String> {
        let t = self.tongue();
        let mut lines = vec![t.period_line(&self.time(review.from), &self.time(review.to)), self.still_lost()];
        for incident in review.open.iter().take(MAX_ENTRANCES) {
            lines.push(t.together(&[self.numbered(incident), t.since_line(&self.time(incident.since))]));
        }
        lines.extend(t.rest_line(review.open_in_all.saturating_sub(review.open.len().min(MAX_ENTRANCES))));
        for incident in review.mended.iter().take(MAX_ENTRANCES) {
            let end = incident.resolved_at.unwrap_or(review.to);
            let lasted = t.lasted_line(&self.time(incident.since), &self.time(end));
            let cause = t.mended_line(&format!("#{}", incident.id), &self.incident_cause(incident));
            lines.push(t.together(&[cause, lasted]));
        }
        lines.extend(t.rest_line(review.mended_in_all.saturating_sub(review.mended.len().min(MAX_ENTRANCES))));
        if !review.worst.is_empty() {
            let names = self.names();
            let worst = review.worst.iter().map(|w| {
                let hours = format!("{:.1}", hours(w.out));
                t.out_for(&names.camera(&w.camera), &hours, &percent(w.available))
            });
            lines.push(t.worst_line(&t.list(&worst.collect::<Vec<_>>(), review.worst.len())));
        }
        lines
    }

    fn numbered(&self, incident: &Incident) -> String {
        format!("#{} {}", incident.id, self.headline(incident))
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", (share * 100.0).clamp(0.0, 100.0))
}

fn hours(span: Span) -> f64 {
    span.seconds_f64() / 3_600.0
}
