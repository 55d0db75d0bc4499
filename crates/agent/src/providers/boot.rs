//! Which kernel the next boot starts, from what the boot loader itself reads: GRUB's menu and
//! environment, or systemd-boot's entries. Pure. What cannot be told is `None`, never a guess.

use crate::providers::debversion;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

/// Menu entries read at most; a host with ten kernels has about twenty.
const ENTRIES_MAX: usize = 1_000;
/// Menus inside menus at most: GRUB's generator makes two levels.
const DEPTH_MAX: usize = 8;

/// An entry of GRUB's menu, or a menu inside it.
#[derive(Debug, Default)]
struct Item {
    title: String,
    id: String,
    /// Path of the kernel's image as the loader sees it; empty where it starts something else.
    image: String,
    is_menu: bool,
    /// Whether it is there only under a condition that nobody can evaluate from here.
    is_conditional: bool,
    children: Vec<Item>,
}

/// Returns the path of the kernel image that GRUB starts next: its menu `config` (`grub.cfg`), and its
/// environment `env` (`grubenv`), which holds a choice for one boot and a saved one.
pub fn grub_image(config: &str, env: &str) -> Option<String> {
    let (items, defaults) = menu(config)?;
    let env = environment(env);
    let stored = |name: &str| env.get(name).copied().unwrap_or_default();
    let fixed = defaults.iter().rev().find(|value| *value != "${next_entry}");
    let once = Some(stored("next_entry"))
        .filter(|next| !next.is_empty() && defaults.iter().any(|value| value == "${next_entry}"));
    let wanted = match (once, fixed.map(String::as_str)) {
        (Some(next), _) => next,
        (None, Some("${saved_entry}")) => stored("saved_entry"),
        (None, Some(value)) => value,
        (None, None) => "0",
    };
    if wanted.contains('$') {
        return None;
    }
    let image = &resolve(&items, wanted)?.image;
    (!image.is_empty()).then(|| image.clone())
}

/// Returns the release in the name of a kernel's image (`/boot/vmlinuz-6.1.0-50-amd64`), if it has one.
pub fn release_of_image(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let release = name.strip_prefix("vmlinuz-").or_else(|| name.strip_prefix("vmlinux-"))?;
    Some(release).filter(|release| is_release(release))
}

fn is_release(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.len() <= 128
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-_~".contains(&b))
}

/// Returns the settings of a `grubenv`: a block of `name=value` lines, filled up with `#`.
fn environment(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|l| l.split_once('=')).collect()
}

/// Reads entries and the values that `default` is given, in the order in which they stand.
/// `None`: it is larger or deeper than any generator makes it.
fn menu(config: &str) -> Option<(Vec<Item>, Vec<String>)> {
    let mut top = Item::default();
    let mut open: Vec<Option<Item>> = Vec::new();
    let (mut defaults, mut count, mut conditions) = (Vec::new(), 0_usize, 0_usize);
    for line in config.lines().map(str::trim) {
        let words = words(line);
        let first = words.first().map(String::as_str).unwrap_or_default();
        let is_opened = words.last().is_some_and(|word| word == "{");
        match first {
            "menuentry" | "submenu" if is_opened => {
                count += 1;
                open.push(Some(item(&words, conditions > 0)));
            }
            "}" => {
                // A bracket too many closes nothing.
                if let Some(Some(done)) = open.pop() {
                    let above = open.iter_mut().rev().find_map(Option::as_mut);
                    above.unwrap_or(&mut top).children.push(done);
                }
            }
            _ if is_opened => open.push(None),
            "if" if words.last().is_some_and(|word| word != "fi") => conditions += 1,
            "fi" => conditions = conditions.saturating_sub(1),
            "set" if open.is_empty() => {
                let value = words.get(1).and_then(|word| word.strip_prefix("default="));
                defaults.extend(value.map(str::to_owned));
            }
            _ => {
                let path = words.get(1).map(String::as_str).unwrap_or_default();
                if let Some(Some(entry)) = open.last_mut()
                    && entry.image.is_empty()
                    && is_image(first, path)
                {
                    path.clone_into(&mut entry.image);
                }
            }
        }
        if count > ENTRIES_MAX || open.len() > DEPTH_MAX {
            return None;
        }
    }
    Some((top.children, defaults))
}

/// Below Xen, the kernel is the first module that looks like one.
fn is_image(command: &str, path: &str) -> bool {
    match command {
        "linux" | "linux16" | "linuxefi" => true,
        "module" | "module2" => release_of_image(path).is_some(),
        _ => false,
    }
}

fn item(words: &[String], is_conditional: bool) -> Item {
    let word = |at: usize| words.get(at).cloned().unwrap_or_default();
    let is_id = |word: &String| word == "--id" || word == "$menuentry_id_option";
    let id = words.iter().position(is_id).map(|at| word(at + 1)).unwrap_or_default();
    let is_menu = word(0) == "submenu";
    Item { title: word(1), id, is_menu, is_conditional, ..Item::default() }
}

/// Splits a line as a shell does: quotes hold words together, nothing is expanded. Stops at a comment.
fn words(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() || c == ';' => all.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    all.extend(word);
    all
}

/// Returns the entry that GRUB starts for `wanted`: a number, a title or an id, with `>` before the part
/// that is meant for a menu inside. What is not there means the first one, as in GRUB.
fn resolve<'a>(items: &'a [Item], wanted: &str) -> Option<&'a Item> {
    let (head, rest) = split(wanted);
    let is_it = |item: &Item| item.id == head || item.title == head;
    let at = match head.parse::<usize>() {
        Ok(at) if at < items.len() => at,
        Ok(_) => 0,
        Err(_) => items.iter().position(is_it).unwrap_or(0),
    };
    let found = items.get(at)?;
    // Whether the entries before it are there decides only what a number means.
    let is_counted = head.parse::<usize>().is_ok() || !is_it(found);
    let before = if is_counted { items.get(..=at)? } else { std::slice::from_ref(found) };
    if before.iter().any(|item| item.is_conditional) {
        return None;
    }
    if found.is_menu { resolve(&found.children, rest) } else { Some(found) }
}

/// Splits at the first `>`; two of them are one that belongs to a title.
fn split(wanted: &str) -> (String, &str) {
    let mut head = String::new();
    let mut rest = wanted;
    while let Some((part, after)) = rest.split_once('>') {
        head.push_str(part);
        match after.strip_prefix('>') {
            Some(more) => {
                head.push('>');
                rest = more;
            }
            None => return (head, after),
        }
    }
    head.push_str(rest);
    (head, "")
}

/// An entry of systemd-boot (Boot Loader Specification, type 1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoaderEntry {
    /// File name without the marks of boot counting.
    pub id: String,
    pub version: String,
    sort_key: String,
    machine_id: String,
    image: String,
    /// Its boot counter ran out: it is tried last.
    is_bad: bool,
}

/// What the firmware's variables say to systemd-boot; empty where there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoaderChoice {
    /// `LoaderEntryOneShot`.
    pub once: String,
    /// `LoaderEntryDefault`.
    pub default: String,
    /// `LoaderEntryLastBooted`.
    pub last: String,
}

/// Reads one file of `loader/entries`.
pub fn loader_entry(file_name: &str, text: &str) -> LoaderEntry {
    let stem = file_name.strip_suffix(".conf").unwrap_or(file_name);
    let (id, counter) = match stem.rsplit_once('+') {
        Some((id, counter)) if is_counter(counter) => (id, counter),
        Some(_) | None => (stem, ""),
    };
    let mut entry = LoaderEntry { id: id.to_owned(), ..LoaderEntry::default() };
    entry.is_bad = counter.split('-').next() == Some("0");
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let (name, value) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let value = value.trim();
        match name {
            "version" => value.clone_into(&mut entry.version),
            "sort-key" => value.clone_into(&mut entry.sort_key),
            "machine-id" => value.clone_into(&mut entry.machine_id),
            "linux" => value.clone_into(&mut entry.image),
            _ => {}
        }
    }
    entry
}

fn is_counter(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// Returns the release that systemd-boot starts next. `config` is its `loader.conf`.
pub fn loader_release(
    config: &str,
    choice: &LoaderChoice,
    mut entries: Vec<LoaderEntry>,
) -> Option<String> {
    entries.sort_by(in_menu);
    let default = config
        .lines()
        .filter_map(|line| line.trim().split_once([' ', '\t']))
        .rfind(|(name, _)| *name == "default")
        .map_or("", |(_, pattern)| pattern.trim());
    let default = if default == "@saved" { &choice.last } else { default };
    let chosen = [choice.once.as_str(), &choice.default, default]
        .into_iter()
        .filter(|pattern| !pattern.is_empty())
        .find_map(|pattern| entries.iter().find(|entry| entry.fits(pattern)))
        .or_else(|| entries.first())?;
    chosen.release()
}

/// The order of systemd-boot's menu: good ones first, then by key, machine and newest version.
fn in_menu(a: &LoaderEntry, b: &LoaderEntry) -> Ordering {
    let rank = |entry: &LoaderEntry| (entry.is_bad, entry.sort_key.is_empty());
    rank(a)
        .cmp(&rank(b))
        .then_with(|| a.sort_key.cmp(&b.sort_key))
        .then_with(|| a.machine_id.cmp(&b.machine_id))
        .then_with(|| debversion::compare(&b.version, &a.version))
        .then_with(|| debversion::compare(&b.id, &a.id))
        .then_with(|| Reverse(&a.id).cmp(&Reverse(&b.id)))
}

impl LoaderEntry {
    fn fits(&self, pattern: &str) -> bool {
        let pattern = pattern.to_lowercase();
        let id = self.id.to_lowercase();
        matches(pattern.strip_suffix(".conf").unwrap_or(&pattern).as_bytes(), id.as_bytes())
    }

    /// Its own word, the image's name, or the folder that Debian's installer makes for each release.
    fn release(&self) -> Option<String> {
        let folder = self.image.rsplit('/').nth(1).filter(|name| is_release(name));
        Some(self.version.as_str())
            .filter(|version| is_release(version))
            .or_else(|| release_of_image(&self.image))
            .or(folder)
            .map(str::to_owned)
    }
}

/// Returns whether `text` fits a pattern with `*` and `?`. Steps back to the last `*` only, so that no
/// pattern takes longer than the product of both lengths.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            Some(_) | None => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests;
