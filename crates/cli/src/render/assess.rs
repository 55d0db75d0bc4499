//! An assessment as text.

use super::exposure::state_words;
use super::{count, problems};
use crate::output::fitting;
use model::exposure::{AssessedExposure, Assessment};
use std::collections::BTreeSet;

/// Renders the exposures of one host that has no server.
pub(crate) fn assessment(of: &Assessment) -> String {
    let row = |of: &AssessedExposure| {
        vec![
            of.cve.clone(),
            of.package.clone(),
            of.source.clone(),
            of.installed.clone(),
            if of.fixed.is_empty() { "no fix known".to_owned() } else { of.fixed.clone() },
            state_words(&of.state).to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = of.exposures.iter().map(row).collect();
    let cves: BTreeSet<&str> = of.exposures.iter().map(|of| of.cve.as_str()).collect();
    let packages: BTreeSet<&str> = of.exposures.iter().map(|of| of.package.as_str()).collect();
    let mut text = Vec::new();
    if !rows.is_empty() {
        let head = ["CVE", "PACKAGE", "SOURCE", "INSTALLED", "FIXED IN", "STATE"];
        text.push(fitting(&head, &rows));
    }
    text.push(format!(
        "{}: {} in {} of {}",
        of.stream,
        count(cves.len(), "CVE"),
        packages.len(),
        count(usize::try_from(of.packages).unwrap_or(usize::MAX), "package"),
    ));
    text.extend(problems("Problems", &of.problems));
    text.join("\n").trim_end().to_owned()
}
