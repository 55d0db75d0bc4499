//! FIRST's EPSS, the CSV of one day: a whole, with the version of its model. Scores jump when the model
//! changes, so that nothing may be concluded from two days of different versions.

use crate::dates;
use crate::limits::{Limits, Refused};
use model::advisory::{Extent, Feed, RowSet};
use model::cve::{CveStatement, Epss};

const WHAT: &str = "EPSS day";

/// Reads a day. Costs about 60 ns per line.
///
/// # Errors
/// It is no EPSS day, exceeds a limit, or is cut off within a line.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::form(WHAT, "it is no UTF-8"))?;
    let mut set = RowSet::new(Feed::Epss, "epss", Extent::Whole);
    let mut lines = text.lines().zip(1_usize..);
    let mut line = lines.next();
    if let Some((head, _)) = line.filter(|(head, _)| head.starts_with('#')) {
        for part in head.trim_start_matches('#').split(',') {
            match part.split_once(':') {
                Some(("model_version", version)) => version.trim().clone_into(&mut set.version),
                Some(("score_date", date)) => set.content_at = moment(date.trim()),
                Some(_) | None => {}
            }
        }
        line = lines.next();
    }
    if line.is_none_or(|(columns, _)| columns.trim_end() != "cve,epss,percentile") {
        return Err(Refused::form(WHAT, "its columns are not `cve,epss,percentile`"));
    }
    if !text.ends_with('\n') {
        return Err(Refused::form(WHAT, "its last line is cut off"));
    }
    for (line, number) in lines.filter(|(line, _)| !line.trim().is_empty()) {
        set.entries += 1;
        limits.room_for_row(set.cves.len())?;
        match statement(line.trim_end()) {
            Ok(read) => set.cves.push(read),
            Err(reason) => set.reject(&format!("line {number}"), &reason),
        }
    }
    Ok(set)
}

fn statement(line: &str) -> Result<CveStatement, String> {
    let mut fields = line.split(',');
    let mut field = |name: &str| fields.next().ok_or_else(|| format!("it has no {name}"));
    let cve = field("cve")?.parse().map_err(|e: model::cve::ParseCveError| e.to_string())?;
    let mut ppm = |name: &str| {
        let text = field(name)?;
        millionths(text).ok_or_else(|| format!("its {name} is no number from 0 to 1"))
    };
    let epss = Epss { score_ppm: ppm("epss")?, percentile_ppm: ppm("percentile")? };
    let mut statement = CveStatement::of(cve);
    statement.epss = Some(epss);
    Ok(statement)
}

/// Some days write `2025-02-20T00:00:00+0000`, a zone that RFC 3339 does not have.
fn moment(text: &str) -> Option<i64> {
    dates::moment(text).or_else(|| dates::moment(&format!("{}Z", text.strip_suffix("+0000")?)))
}

/// Returns millionths of `0.00383`, rounded half up, without a float on the way.
fn millionths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 4 || !is_digits(whole) || !is_digits(fraction) {
        return exponent(text);
    }
    let mut ppm = whole.parse::<u32>().ok()?.checked_mul(1_000_000)?;
    let mut scale = 100_000;
    for digit in fraction.bytes().take(6) {
        ppm += u32::from(digit - b'0') * scale;
        scale /= 10;
    }
    if fraction.as_bytes().get(6).is_some_and(|digit| *digit >= b'5') {
        ppm += 1;
    }
    (ppm <= 1_000_000).then_some(ppm)
}

/// `1e-05`, as programs print small numbers.
fn exponent(text: &str) -> Option<u32> {
    let (mantissa, power) = text.split_once(['e', 'E'])?;
    let mantissa = mantissa.parse::<f64>().ok().filter(|number| (0.0..10.0).contains(number))?;
    let power = power.parse::<i32>().ok().filter(|power| (-30..=0).contains(power))?;
    let ppm = (mantissa * 10_f64.powi(power + 6)).round();
    format!("{ppm:.0}").parse().ok().filter(|ppm| *ppm <= 1_000_000)
}

#[cfg(test)]
mod tests;
