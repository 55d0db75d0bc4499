//! Criteria: a tree of "all of" and "any of". It is spread out into cases, each of which names one product,
//! one package and one range.

use super::states::{Bound, Condition, Release, Tests};
use crate::xml::Element;

/// Cases that are looked at for one definition, those of its parts included. SUSE's largest (a kernel CVE
/// over every product) has some 10,000.
const CASES_MAX: usize = 200_000;

pub(super) enum Criteria {
    All(Vec<Criteria>),
    Any(Vec<Criteria>),
    /// Id of a test, and the criterion's comment.
    Test(String, String),
}

/// Everything that holds together.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) release: Option<Release>,
    pub(super) module: Option<String>,
    pub(super) arches: Option<Vec<String>>,
    pub(super) package: Option<Package>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) from: Option<String>,
    pub(super) until: Option<String>,
    pub(super) at_most: Option<String>,
    pub(super) is_not_affected: bool,
}

impl Package {
    /// SUSE states with each package all architectures that it is built for: no restriction.
    pub(super) fn is_everywhere(&self, arches: &[String]) -> bool {
        arches.len() > 1 || self.is_not_affected
    }
}

impl Criteria {
    /// Reads a tree.
    pub(super) fn of(element: &Element) -> Result<Self, String> {
        if !matches!(element.attribute("negate"), "" | "false") {
            return Err("its criteria are negated".to_owned());
        }
        if element.name == "criterion" {
            let test = element.attribute("test_ref").to_owned();
            return Ok(Self::Test(test, element.attribute("comment").to_owned()));
        }
        if element.name != "criteria" {
            return Err("its criteria hold what is neither criteria nor a criterion".to_owned());
        }
        let children = element.children.iter().map(Self::of).collect::<Result<Vec<_>, _>>()?;
        if children.is_empty() {
            return Err("some of its criteria are empty".to_owned());
        }
        match element.attribute("operator") {
            "" | "AND" => Ok(Self::All(children)),
            "OR" => Ok(Self::Any(children)),
            _ => Err("its criteria use an operator that is neither AND nor OR".to_owned()),
        }
    }

    /// Returns every case in which the criteria hold. `looked_at` counts the work.
    pub(super) fn cases(&self, tests: &Tests, looked_at: &mut usize) -> Result<Vec<Case>, String> {
        match self {
            Self::Test(test, comment) => {
                count(looked_at, 1)?;
                Ok(vec![case(tests.condition(test, comment)?)])
            }
            Self::Any(children) => {
                let mut cases = Vec::new();
                for child in children {
                    let more = child.cases(tests, looked_at)?;
                    count(looked_at, more.len())?;
                    cases.extend(more);
                }
                Ok(cases)
            }
            Self::All(children) => {
                let mut cases = vec![Case::default()];
                for child in children {
                    let others = child.cases(tests, looked_at)?;
                    count(looked_at, cases.len().saturating_mul(others.len()))?;
                    let mut both = Vec::with_capacity(cases.len() * others.len());
                    for case in &cases {
                        for other in &others {
                            both.push(case.and(other)?);
                        }
                    }
                    cases = both;
                }
                Ok(cases)
            }
        }
    }
}

fn count(looked_at: &mut usize, more: usize) -> Result<(), String> {
    *looked_at = looked_at.saturating_add(more);
    if *looked_at > CASES_MAX {
        return Err("its criteria have more cases than any real one".to_owned());
    }
    Ok(())
}

fn case(condition: Condition) -> Case {
    let mut case = Case::default();
    match condition {
        Condition::Release(release) => case.release = Some(release),
        Condition::Arch(arches) => case.arches = Some(arches),
        Condition::Module(module) => case.module = Some(module),
        Condition::Signed => {}
        Condition::Package { name, bound, arches } => {
            case.arches = arches;
            case.package = Some(package(name, bound));
        }
    }
    case
}

fn package(name: String, bound: Bound) -> Package {
    let mut package =
        Package { name, from: None, until: None, at_most: None, is_not_affected: false };
    match bound {
        Bound::Less(version) => package.until = Some(version),
        Bound::AtLeast(version) => package.from = Some(version),
        Bound::Equal(version) => {
            package.from = Some(version.clone());
            package.at_most = Some(version);
        }
        Bound::Any => {}
        Bound::NotAffected => package.is_not_affected = true,
    }
    package
}

impl Case {
    fn and(&self, other: &Self) -> Result<Self, String> {
        Ok(Self {
            release: one(self.release.as_ref(), other.release.as_ref(), "release")?,
            module: one(self.module.as_ref(), other.module.as_ref(), "module")?,
            arches: match (&self.arches, &other.arches) {
                (Some(own), Some(others)) => {
                    let both = own.iter().filter(|arch| others.contains(arch)).cloned().collect();
                    Some(both)
                }
                (own, others) => own.as_ref().or(others.as_ref()).cloned(),
            },
            package: match (&self.package, &other.package) {
                (Some(own), Some(other)) => Some(own.and(other)?),
                (own, other) => own.as_ref().or(other.as_ref()).cloned(),
            },
        })
    }
}

impl Package {
    fn and(&self, other: &Self) -> Result<Self, String> {
        if self.name != other.name || self.is_not_affected != other.is_not_affected {
            return Err("a case of it names two packages at once".to_owned());
        }
        Ok(Self {
            name: self.name.clone(),
            from: one(self.from.as_ref(), other.from.as_ref(), "lower bound")?,
            until: one(self.until.as_ref(), other.until.as_ref(), "upper bound")?,
            at_most: one(self.at_most.as_ref(), other.at_most.as_ref(), "upper bound")?,
            is_not_affected: self.is_not_affected,
        })
    }
}

fn one<T: Clone + PartialEq>(
    own: Option<&T>,
    other: Option<&T>,
    what: &str,
) -> Result<Option<T>, String> {
    match (own, other) {
        (Some(own), Some(other)) if own != other => {
            Err(format!("a case of it has more than one {what}"))
        }
        (own, other) => Ok(own.or(other).cloned()),
    }
}
