//! apt's status lines (`APT::Status-Fd`), read back for showing progress. Nothing is decided on them.

/// How far a transaction is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Steps done, of the plan's; derived from apt's percentage.
    pub done: u64,
    /// "unpacking libssl3 (3 of 34)", or empty.
    pub note: String,
}

/// Reads the last status line of `tail` that says something; `steps` is the plan's number of steps.
/// `tail` may begin in the middle of a line.
pub fn last(tail: &str, steps: u64) -> Status {
    let whole = tail.rsplit_once('\n').map_or("", |(whole, _torn)| whole);
    whole.lines().rev().find_map(|line| status(line, steps)).unwrap_or_default()
}

/// `pmstatus:libssl3:35.8491:Unpacking libssl3 (amd64)`; the name may hold a colon itself.
fn status(line: &str, steps: u64) -> Option<Status> {
    let rest = line.strip_prefix("pmstatus:")?;
    let mut fields = rest.split(':');
    let name = fields.next()?;
    let percent = fields.by_ref().find_map(hundredths)?;
    let message: Vec<&str> = fields.collect();
    let message = message.join(":");
    let verb = message.split(' ').next().unwrap_or_default().to_lowercase();
    let done = (percent * steps / 10_000).min(steps);
    if verb.is_empty() || name == "dpkg-exec" {
        return Some(Status { done, note: String::new() });
    }
    let at = (done + 1).min(steps);
    Some(Status { done, note: format!("{verb} {name} ({at} of {steps})") })
}

/// `35.8491` as 3584. Integers, so that the same line always gives the same step.
fn hundredths(field: &str) -> Option<u64> {
    let (whole, part) = field.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || whole.len() > 3 || !digits(part) {
        return None;
    }
    let part: u64 = format!("{part:0<2}").get(..2)?.parse().ok()?;
    Some(whole.parse::<u64>().ok()? * 100 + part)
}

#[cfg(test)]
mod tests;
