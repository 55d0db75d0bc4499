//! What is kept in memory to answer about exposures: the fleet index, and beside it what deadlines need.
//! All of it follows from the store; the past is another state, made in the same way.

use crate::exposures::class::{Class, ClassId, Classes};
use crate::exposures::offers::Offers;
use crate::exposures::timeline::Timelines;
use decide::deadline::Past;
use decide::index::Index;
use model::advisory::{Feed, Lifecycle};
use model::clause::Clause;
use model::cve::{CveId, Epss};
use model::exposure::{Answer, CveFacts};
use model::{HostId, TenantId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Facts about CVEs that are kept made; beyond it all are forgotten and made again from the store. With
/// their statements they take about 1.5 KB each.
const FACTS_MAX: usize = 60_000;

/// The state of one moment.
pub(crate) struct State {
    /// The moment that is judged, or `store::advisories::NOW`.
    pub at: i64,
    pub index: Index,
    pub hosts: HashMap<HostId, Meta>,
    pub classes: Classes,
    pub sources: BTreeMap<i64, SourceName>,
    pub lifecycles: Vec<(String, Lifecycle)>,
    pub obligations: BTreeMap<TenantId, Arc<Vec<Clause>>>,
    pub offers: Offers,
    /// Rises with every change: what was derived from an older one is derived again.
    pub generation: u64,
    /// Rises when clauses or what is stated about CVEs change: deadlines may be others then.
    pub statements_generation: u64,
    pub timelines: Timelines,
    /// CVEs of which a source that is kept by its statements says something.
    pub stated: HashSet<CveId>,
    /// The day's scores, each with its source's id: all that is said of most CVEs.
    pub scores: HashMap<CveId, (i64, Epss)>,
    facts: Mutex<HashMap<CveId, Arc<Known>>>,
}

/// What is known of a host beside the index.
#[derive(Debug, Clone)]
pub(crate) struct Meta {
    pub tenant: TenantId,
    pub name: String,
    pub stream: String,
    pub channels: Vec<String>,
    pub class: ClassId,
}

/// What is known of a CVE.
#[derive(Debug)]
pub(crate) struct Known {
    pub facts: CveFacts,
    pub past: Past,
}

/// A source by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceName {
    pub feed: Feed,
    pub name: String,
    /// The publisher's version; EPSS: the model's.
    pub version: String,
    /// When its content is of, or was fetched.
    pub at: i64,
}

impl State {
    pub(crate) fn new(at: i64) -> Self {
        Self {
            at,
            index: Index::new(),
            hosts: HashMap::new(),
            classes: Classes::default(),
            sources: BTreeMap::new(),
            lifecycles: Vec::new(),
            obligations: BTreeMap::new(),
            offers: Offers::default(),
            generation: 0,
            statements_generation: 0,
            timelines: Timelines::default(),
            stated: HashSet::new(),
            scores: HashMap::new(),
            facts: Mutex::default(),
        }
    }

    /// Takes a day's score in. Where two sources give scores, the store is asked for both.
    pub(crate) fn put_score(&mut self, cve: CveId, source_id: i64, epss: Epss) {
        let before = self.scores.insert(cve, (source_id, epss));
        if before.is_some_and(|(other, _)| other != source_id) {
            self.stated.insert(cve);
        }
    }

    /// Returns a state that knows nothing but the names of its sources: enough to weigh CVEs with.
    pub(crate) fn only_sources(&self) -> Self {
        Self { sources: self.sources.clone(), ..Self::new(self.at) }
    }

    /// Returns the class of a host; `None` for one that has not reported.
    pub(crate) fn class_of(&self, host: HostId) -> Option<&Class> {
        self.hosts.get(&host).map(|meta| self.classes.get(meta.class))
    }

    /// Returns the answers about a host; none for one that has not reported.
    pub(crate) fn answers_of(&self, host: HostId) -> &[Answer] {
        self.class_of(host).map_or(&[], |class| &class.answers)
    }

    /// Returns kept facts about a CVE.
    pub(crate) fn kept_facts(&self, cve: CveId) -> Option<Arc<Known>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).get(&cve).cloned()
    }

    /// Keeps facts about a CVE.
    pub(crate) fn keep_facts(&self, known: &Arc<Known>) {
        let mut kept = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= FACTS_MAX {
            kept.clear();
        }
        kept.insert(known.facts.cve, Arc::clone(known));
    }

    /// Forgets facts that are others now.
    pub(crate) fn forget_facts(&mut self, cves: &std::collections::BTreeSet<CveId>) {
        let kept = self.facts.get_mut().unwrap_or_else(PoisonError::into_inner);
        for cve in cves {
            kept.remove(cve);
        }
        self.statements_generation += 1;
        self.generation += 1;
    }
}
