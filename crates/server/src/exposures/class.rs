//! Classes of hosts: those with the same answers, tags, support and first day have the same deadlines, so
//! that a deadline is computed once for a class and not once for a host.

use model::TenantId;
use model::exposure::{Answer, Question};
use std::collections::BTreeMap;

const DAY_SECS: i64 = 86_400;

/// Names a class within one state.
pub(crate) type ClassId = u32;

/// What hosts of a class have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Class {
    /// Oldest first: older ones tell since when a host is as it is.
    pub answers: Vec<Answer>,
    pub tags: Vec<String>,
    /// Nobody repairs their release any more.
    pub is_unsupported: bool,
    /// The earliest first report among them: all are of one day, and deadlines that count days come out the
    /// same; one that counts hours comes out careful.
    pub first_seen_at: i64,
}

/// Same, as a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    tenant: TenantId,
    answers: Vec<Answer>,
    tags: Vec<String>,
    is_unsupported: bool,
    first_day: i64,
}

/// Every class that was needed. Classes without hosts stay: they are few.
#[derive(Debug, Default)]
pub(crate) struct Classes {
    all: Vec<Class>,
    ids: BTreeMap<Key, ClassId>,
}

impl Classes {
    /// Returns the class of hosts of `tenant` with this in common, making it where it is new.
    pub(crate) fn id_of(&mut self, tenant: TenantId, class: &Class) -> ClassId {
        let key = Key {
            tenant,
            answers: class.answers.clone(),
            tags: class.tags.clone(),
            is_unsupported: class.is_unsupported,
            first_day: class.first_seen_at.div_euclid(DAY_SECS),
        };
        if let Some(id) = self.ids.get(&key) {
            if let Some(known) = self.all.get_mut(usize::try_from(*id).unwrap_or(usize::MAX)) {
                known.first_seen_at = known.first_seen_at.min(class.first_seen_at);
            }
            return *id;
        }
        let id = ClassId::try_from(self.all.len()).expect("fewer classes than hosts");
        self.all.push(class.clone());
        self.ids.insert(key, id);
        id
    }

    /// Returns a class.
    pub(crate) fn get(&self, id: ClassId) -> &Class {
        &self.all[usize::try_from(id).expect("an id was a length once")]
    }
}

/// Returns how much exposures of a host with these answers weigh, in halves: criticality {1, 2, 4, 8} times
/// exposure {1, 2, 4}. Nobody answered: as a host of usual weight, so that numbers move only by knowledge.
pub(crate) fn weight_halves(answers: &[Answer]) -> u32 {
    let value = |question| {
        let newest = answers.iter().rfind(|answer| answer.question == question);
        newest.map_or("", |answer| answer.value.as_str())
    };
    let criticality = match value(Question::Criticality) {
        "low" => 1,
        "high" => 4,
        "very_high" => 8,
        _ => 2,
    };
    let exposure = match value(Question::InternetExposed) {
        "yes" => 4,
        "partner" => 2,
        _ => 1,
    };
    criticality * exposure
}
