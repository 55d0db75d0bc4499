//! What `apt-get --simulate` says it would do, read back and compared with the plan. Anything that is
//! not understood means "something else than planned".

use model::outcome::BlockReason;
use model::plan::PlanHost;
use std::collections::BTreeMap;

/// Bytes of a difference that are shown at most.
const TEXT_BYTES_MAX: usize = 400;

/// One line of a simulation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    Install {
        name: String,
        arch: String,
        from: String,
        to: String,
    },
    Remove {
        name: String,
    },
    /// A line that begins like a move and cannot be read.
    Unread {
        line: String,
    },
}

/// Reads the moves of a simulation. `Conf` lines repeat what `Inst` said.
pub fn moves(text: &str) -> Vec<Move> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Move> {
    if let Some(rest) = line.strip_prefix("Inst ") {
        return Some(install(rest).unwrap_or_else(|| Move::Unread { line: line.to_owned() }));
    }
    let rest = line.strip_prefix("Remv ").or_else(|| line.strip_prefix("Purg "))?;
    let name = rest.split(' ').next().unwrap_or(rest).to_owned();
    Some(Move::Remove { name })
}

/// `libssl3 [3.0.20-1~deb12u2] (3.0.22-1~deb12u2 local-deb [amd64])`; a foreign architecture is
/// written behind the name, a package that is not installed has no first bracket.
fn install(rest: &str) -> Option<Move> {
    let (name, rest) = rest.split_once(' ')?;
    let name = name.split_once(':').map_or(name, |(name, _arch)| name);
    let (from, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once("] ")?,
        None => ("", rest),
    };
    let (inside, _dependencies) = rest.strip_prefix('(')?.split_once(')')?;
    let (to, rest) = inside.split_once(' ')?;
    let arch = rest.rsplit_once('[')?.1.strip_suffix(']')?;
    let [name, arch, from, to] = [name, arch, from, to].map(str::to_owned);
    Some(Move::Install { name, arch, from, to })
}

/// Compares a simulation with the plan. `is_repair`: steps that an interrupted transaction already
/// took may be missing, and versions that it left may stand in for the plan's earlier ones.
///
/// # Errors
/// `OtherThanPlanned` with the differences.
pub fn compare(plan: &PlanHost, moves: &[Move], is_repair: bool) -> Result<(), BlockReason> {
    let mut missing: BTreeMap<(&str, &str), (&str, &str)> = plan
        .steps
        .iter()
        .map(|s| ((s.name.as_str(), s.arch.as_str()), (s.from.as_str(), s.to.as_str())))
        .collect();
    let mut differences = Vec::new();
    for one in moves {
        match one {
            Move::Install { name, arch, from, to } => {
                let planned = missing.remove(&(name.as_str(), arch.as_str()));
                let fits = planned.is_some_and(|(planned_from, planned_to)| {
                    planned_to == to && (is_repair || planned_from == from)
                });
                if !fits {
                    differences.push(format!("install {name}:{arch} {to} over `{from}`"));
                }
            }
            Move::Remove { name } => differences.push(format!("remove {name}")),
            Move::Unread { line } => differences.push(format!("`{line}`")),
        }
    }
    if !is_repair {
        differences.extend(missing.keys().map(|(name, arch)| format!("leave {name}:{arch} out")));
    }
    if differences.is_empty() {
        return Ok(());
    }
    let mut text = differences.join("; ");
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str(" ...");
    }
    Err(BlockReason::OtherThanPlanned { text })
}

#[cfg(test)]
mod tests;
