//! From what the index finds to what people see: deadlines by the clauses that the tenant follows, and the
//! facts behind them. One judge serves one request.

use crate::app::App;
use crate::error::ApiError;
use crate::exposures::class::Class;
use crate::exposures::facts;
use crate::exposures::state::{Known, State};
use decide::deadline::{self, Due};
use decide::index::{Found, Scope, Subject};
use model::advisory::{AdvisoryKind, Label};
use model::clause::Clause;
use model::cve::CveId;
use model::exposure::{ExposureView, Tier};
use model::package::PatchKind;
use std::sync::Arc;
use store::{TenantScope, View};

const HOUR_SECS: i64 = 3_600;
const DAY_SECS: i64 = 24 * HOUR_SECS;

/// What one request is judged with.
pub(crate) struct Judge<'a> {
    pub state: &'a State,
    pub view: &'a View<'a>,
    pub scope: Scope,
    pub clauses: Arc<Vec<Clause>>,
    /// The moment that is judged.
    pub now: i64,
}

/// What deadlines need to know of an exposure beside its class of hosts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side<'a> {
    pub subject: &'a Subject,
    pub package: &'a str,
    pub label: Label,
    pub kind: AdvisoryKind,
    pub published_at: Option<i64>,
    pub detected_at: i64,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(
        app: &App,
        state: &'a State,
        view: &'a View<'a>,
        scope: &TenantScope,
    ) -> Self {
        let tenant = scope.tenant();
        Self {
            state,
            view,
            scope: Scope::of(tenant),
            clauses: state.obligations.get(&tenant).cloned().unwrap_or_default(),
            now: state.at.min(app.now()),
        }
    }

    /// Returns what is known of a subject's CVE; `None`: it is none.
    pub(crate) fn known(&self, subject: &Subject) -> Result<Option<Arc<Known>>, ApiError> {
        match subject {
            Subject::Cve(cve) => facts::of(self.state, self.view, *cve).map(Some),
            Subject::Advisory(_) => Ok(None),
        }
    }

    /// Returns the deadline that binds, with its clause's id; `None`: no clause applies.
    pub(crate) fn due(
        &self,
        side: &Side<'_>,
        class: &Class,
    ) -> Result<Option<(Option<i64>, &str)>, ApiError> {
        let known = self.known(side.subject)?;
        let subject = subject(side, class, known.as_deref());
        let none = deadline::Past::default();
        let past = known.as_ref().map_or(&none, |known| &known.past);
        let due = deadline::binding(&subject, past, &self.clauses, self.now);
        Ok(due.map(|due: Due<'_>| (due.due_at, due.clause.id.as_str())))
    }

    /// Returns an exposure as people see it.
    pub(crate) fn shown(&self, found: Found) -> Result<ExposureView, ApiError> {
        let known = self.known(&found.subject)?;
        let class = self.state.class_of(found.host);
        let side = side_of(&found);
        let mut deadlines = match class {
            Some(class) if found.reach.is_exposed() => {
                let subject = subject(&side, class, known.as_deref());
                deadline::deadlines(&subject, &self.clauses, self.now)
            }
            Some(_) | None => Vec::new(),
        }
        .into_iter();
        let binding = deadlines.next();
        let facts = known.as_ref().map(|known| &known.facts);
        let kev = facts.and_then(|facts| facts.kev.as_ref());
        Ok(ExposureView {
            host: found.host,
            host_name: self.name_of(found.host),
            cve: cve_of(&found.subject),
            stream: found.package.stream,
            package: found.package.package,
            binaries: Vec::new(),
            installed: found.installed,
            fixed: found.fixed,
            reach: found.reach,
            label: found.label,
            is_kev: kev.is_some(),
            is_ransomware: kev.is_some_and(|kev| kev.is_ransomware),
            epss_ppm: facts.and_then(|facts| facts.epss).map(|epss| epss.score_ppm),
            cvss_x10: facts.and_then(|facts| facts.scores.first()).map(|score| score.x10),
            hazard_micro: found.hazard_micro,
            deadline: binding,
            deadlines: deadlines.collect(),
            detected_at: found.detected_at,
            advisories: found.advisories,
        })
    }

    /// Returns the name of a host.
    pub(crate) fn name_of(&self, host: model::HostId) -> String {
        self.state.hosts.get(&host).map_or_else(|| host.to_string(), |meta| meta.name.clone())
    }

    /// Returns how near a deadline is. `has_clause`: some clause applies, with or without a date.
    pub(crate) fn tier(&self, due_at: Option<i64>, has_clause: bool) -> Tier {
        let Some(due_at) = due_at else {
            return if has_clause { Tier::OnUpgrade } else { Tier::None };
        };
        match due_at - self.now {
            ..=0 => Tier::Overdue,
            secs if secs < DAY_SECS => Tier::Within24Hours,
            secs if secs < 3 * DAY_SECS => Tier::Within3Days,
            secs if secs < 14 * DAY_SECS => Tier::Within14Days,
            _ => Tier::Later,
        }
    }
}

/// Returns what deadlines need of a found exposure.
pub(crate) fn side_of(found: &Found) -> Side<'_> {
    Side {
        subject: &found.subject,
        package: &found.package.package,
        label: found.label,
        kind: found.kind,
        published_at: found.published_at,
        detected_at: found.detected_at,
    }
}

/// Returns a subject's CVE, where it is one.
pub(crate) fn cve_of(subject: &Subject) -> Option<CveId> {
    match subject {
        Subject::Cve(cve) => Some(*cve),
        Subject::Advisory(_) => None,
    }
}

fn subject<'a>(
    side: &Side<'a>,
    class: &'a Class,
    known: Option<&'a Known>,
) -> deadline::Subject<'a> {
    let kind = patch_kind(side.kind);
    deadline::Subject {
        cve: known.map(|known| &known.facts),
        label: side.label,
        labels: &[],
        kind,
        class: decide::clause::class_of(side.package, kind),
        published_at: side.published_at,
        detected_at: side.detected_at,
        answers: &class.answers,
        tags: &class.tags,
        is_unsupported: class.is_unsupported,
    }
}

/// What is against the new version or about its support asks for as much as a hole does.
fn patch_kind(kind: AdvisoryKind) -> PatchKind {
    match kind {
        AdvisoryKind::Maintenance => PatchKind::Maintenance,
        AdvisoryKind::Security
        | AdvisoryKind::EndOfLife
        | AdvisoryKind::Broken
        | AdvisoryKind::Withdrawn => PatchKind::Security,
    }
}
