//! endoflife.date: the ends of support of products, per release cycle. Reads the product pages of its
//! repository (front matter), API v1, and its release data. Column names are kept: their meaning
//! differs by product.

mod json;
mod page;

use crate::dates;
use crate::limits::{Limits, Refused};
use model::advisory::{Ends, Extent, Feed, Lifecycle, Phase, PhaseKind, RowSet};

const WHAT: &str = "endoflife.date document";

/// Products whose streams have names of their own; others are products under their page's name.
const FAMILIES: [(&str, &str); 12] = [
    ("almalinux", "alma"),
    ("alpine-linux", "alpine"),
    ("amazon-linux", "amazon"),
    ("azure-linux", "azurelinux"),
    ("centos-stream", "centos-stream"),
    ("oracle-linux", "oracle"),
    ("rocky-linux", "rocky"),
    ("sles", "suse"),
    ("opensuse", "opensuse"),
    ("windows-server", "windows"),
    ("mssqlserver", "mssql"),
    ("debian", "debian"),
];

/// One release cycle as any of the notations states it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Cycle {
    name: String,
    eoas: Option<Ends>,
    eol: Option<Ends>,
    eoes: Option<Ends>,
}

/// Returns the product that a file is called after: `almalinux` of `release-data/almalinux.json`.
pub fn product_in(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.split('.').next().unwrap_or(file)
}

/// One product: cycles newest first, as every notation lists them.
#[derive(Debug, Default)]
struct Product {
    name: String,
    cycles: Vec<Cycle>,
    /// It is release data: what robots found, from which people make the pages.
    is_data: bool,
    /// Pointer and reason of cycles that cannot be used.
    faults: Vec<(String, String)>,
}

/// Reads a product page or an answer of API v1. Release data does not name its product: see `parse_for`.
///
/// # Errors
/// The bytes are neither, or exceed a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    parse_for(bytes, "", limits)
}

/// The same for a document that may not name its product; `product` is endoflife.date's name for it, the
/// stem of the file's name (`almalinux`).
///
/// # Errors
/// As `parse`; also when the product stays unknown.
pub fn parse_for(bytes: &[u8], product: &str, limits: &Limits) -> Result<RowSet, Refused> {
    let is_json = bytes.trim_ascii_start().starts_with(b"{");
    let products = if is_json {
        json::products(bytes, product, limits)?
    } else {
        vec![page::product(bytes, product, limits)?]
    };
    let source = match products.as_slice() {
        [one] if one.is_data => format!("endoflife-data/{}", one.name),
        [one] => format!("endoflife/{}", one.name),
        _ => "endoflife".to_owned(),
    };
    let mut set = RowSet::new(Feed::Endoflife, &source, Extent::Whole);
    for product in products {
        limits.room_for_rows(set.lifecycles.len(), product.cycles.len())?;
        add(&mut set, &product);
    }
    Ok(set)
}

fn add(set: &mut RowSet, product: &Product) {
    let own = FAMILIES.iter().find(|(name, _)| *name == product.name);
    let family = own.map_or(product.name.as_str(), |(_, family)| family);
    for cycle in &product.cycles {
        set.entries += 1;
        set.lifecycles.push(Lifecycle {
            stream: stream(family, &cycle.name),
            package: String::new(),
            last_version: String::new(),
            phases: phases(family, cycle),
            limited: String::new(),
            // Where to move to is decided from all dates.
            next: String::new(),
        });
    }
    for (pointer, reason) in &product.faults {
        set.entries += 1;
        set.reject(&format!("{}: {pointer}", product.name), reason);
    }
}

fn stream(family: &str, cycle: &str) -> String {
    // CentOS Linux 8 and CentOS Stream 8 ended apart; later ones are Stream alone.
    let family = if family == "centos-stream" && cycle != "8" { "centos" } else { family };
    format!("{family}:{}", cycle.to_ascii_lowercase())
}

/// Active support is the first phase where the product has it; then comes security support; what is
/// extended is paid for, but Debian's, which volunteers give.
fn phases(family: &str, cycle: &Cycle) -> Vec<Phase> {
    let security = if cycle.eoas.is_some() { PhaseKind::Maintenance } else { PhaseKind::Full };
    let extended = if family == "debian" { PhaseKind::CommunityLts } else { PhaseKind::Paid };
    let columns = [
        ("eoas", PhaseKind::Full, &cycle.eoas),
        ("eol", security, &cycle.eol),
        ("eoes", extended, &cycle.eoes),
    ];
    let mut phases: Vec<Phase> = columns
        .into_iter()
        .filter_map(|(name, kind, ends)| {
            Some(Phase { name: name.to_owned(), kind, ends: ends.clone()? })
        })
        .collect();
    phases.sort_by_key(|phase| match &phase.ends {
        Ends::Ended => String::new(),
        Ends::On(day) => day.clone(),
        Ends::NotKnown => "9999-99-99".to_owned(),
    });
    phases
}

/// A date, or yes or no: "no" means that no end is known, "yes" that it has ended at a date unknown.
fn ends(text: &str) -> Result<Ends, String> {
    match text {
        "true" => Ok(Ends::Ended),
        "false" => Ok(Ends::NotKnown),
        day => match dates::iso_day(day) {
            Some(day) => Ok(Ends::On(day.to_owned())),
            None => Err("an end is neither a date nor yes or no".to_owned()),
        },
    }
}

/// Names of products and cycles stand in addresses and streams.
fn is_name(text: &str) -> bool {
    /// Longer than any; a name is no place for prose.
    const BYTES_MAX: usize = 80;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"-._+".contains(&b);
    !text.is_empty() && text.len() <= BYTES_MAX && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests;
