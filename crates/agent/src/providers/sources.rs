//! Repositories whose packages apt would install without checking them, found in its settings. Pure.

use model::problem::{Problem, Severity};

/// Options that switch the check of signatures off, with the values that do so.
const WEAK: [&str; 3] = ["trusted", "allow-insecure", "allow-weak"];
/// The same, as settings of apt itself.
const WEAK_SETTINGS: [&str; 4] = [
    "Acquire::AllowInsecureRepositories",
    "Acquire::AllowWeakRepositories",
    "Acquire::AllowDowngradeToInsecureRepositories",
    "APT::Get::AllowUnauthenticated",
];

/// Returns a problem for each weak repository of one sources file; `.sources` files hold stanzas,
/// all others one repository per line.
pub fn weak(file: &str, text: &str) -> Vec<Problem> {
    let found: Vec<(String, &str)> =
        if file.ends_with(".sources") { weak_stanzas(text) } else { weak_lines(text) };
    found
        .into_iter()
        .map(|(repository, option)| {
            let text = format!("packages of {repository} are not verified ({option}=yes)");
            Problem::new(Severity::Error, file, &text)
                .hint("remove the option, and name the repository's key with signed-by")
        })
        .collect()
}

fn weak_lines(text: &str) -> Vec<(String, &'static str)> {
    let weak_line = |line: &str| {
        let rest = line.trim().strip_prefix("deb")?;
        let (options, rest) = rest.split_once('[')?.1.split_once(']')?;
        let option = options.split_ascii_whitespace().find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            weak_option(name, value)
        })?;
        Some((rest.split_ascii_whitespace().next().unwrap_or_default().to_owned(), option))
    };
    text.lines().filter_map(weak_line).collect()
}

fn weak_stanzas(text: &str) -> Vec<(String, &'static str)> {
    let weak_stanza = |stanza: &str| {
        let fields = || stanza.lines().filter_map(|line| line.split_once(':'));
        let is_off =
            |(name, value): (&str, &str)| name.eq_ignore_ascii_case("Enabled") && !is_yes(value);
        if fields().any(is_off) {
            return None;
        }
        let option = fields().find_map(|(name, value)| weak_option(name, value))?;
        let uris = fields().find(|(name, _)| name.eq_ignore_ascii_case("URIs"));
        Some((uris.map_or_else(String::new, |(_, uris)| uris.trim().to_owned()), option))
    };
    let plain: String =
        text.lines().filter(|l| !l.starts_with('#')).fold(String::new(), |mut plain, line| {
            plain.push_str(line.trim_end());
            plain.push('\n');
            plain
        });
    plain.split("\n\n").filter_map(weak_stanza).collect()
}

fn weak_option(name: &str, value: &str) -> Option<&'static str> {
    let known = WEAK.iter().find(|weak| name.trim().eq_ignore_ascii_case(weak))?;
    is_yes(value).then_some(known)
}

fn is_yes(value: &str) -> bool {
    matches!(
        value.trim().to_ascii_lowercase().as_str(),
        "yes" | "true" | "1" | "on" | "with" | "enable"
    )
}

/// Returns a problem for each of apt's own settings that switches checks off, from `apt-config dump`.
pub fn weak_settings(dump: &str) -> Vec<Problem> {
    let weak_setting = |line: &str| {
        let (name, value) = line.trim().trim_end_matches(';').split_once(' ')?;
        let known = WEAK_SETTINGS.iter().find(|weak| name.eq_ignore_ascii_case(weak))?;
        is_yes(value.trim().trim_matches('"')).then(|| {
            let text = format!("apt is set to accept packages that nobody signed ({known})");
            Problem::new(Severity::Error, "apt", &text)
                .hint("remove the setting below /etc/apt/apt.conf.d")
        })
    };
    dump.lines().filter_map(weak_setting).collect()
}

#[cfg(test)]
mod tests;
