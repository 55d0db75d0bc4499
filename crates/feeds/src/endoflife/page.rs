//! Product pages: Markdown below a front matter in YAML. Only `permalink` and the list `releases` at
//! column 0 are read: items of `key: value` lines, one level deep.

use super::{Cycle, Product, ends, is_name};
use crate::limits::{Limits, Refused};
use crate::lines;

const WHAT: &str = super::WHAT;
const MARK: &str = "---";

pub(super) fn product(bytes: &[u8], name: &str, limits: &Limits) -> Result<Product, Refused> {
    let text = lines::text(bytes, WHAT, limits)?;
    let mut lines = text.lines().enumerate();
    if lines.next().is_none_or(|(_, line)| line.trim_end() != MARK) {
        return Err(Refused::form(WHAT, "it does not begin with front matter"));
    }
    let mut reader = Reader {
        product: Product { name: name.to_owned(), ..Product::default() },
        is_in_releases: false,
        item: None,
    };
    let mut is_ended = false;
    for (at, line) in lines {
        if line.trim_end() == MARK {
            is_ended = true;
            break;
        }
        limits.room_for_row(at)?;
        reader.line(at + 1, line);
    }
    reader.finish_item();
    if !is_ended {
        return Err(Refused::form(WHAT, "its front matter is cut off"));
    }
    let product = reader.product;
    if !is_name(&product.name) {
        return Err(Refused::form(WHAT, "it does not name its product"));
    }
    if product.cycles.is_empty() && product.faults.is_empty() {
        return Err(Refused::form(WHAT, "it has no releases"));
    }
    Ok(product)
}

struct Reader {
    product: Product,
    is_in_releases: bool,
    item: Option<Item>,
}

/// A release whose lines are being read.
struct Item {
    cycle: Cycle,
    line: usize,
    /// Column of its keys.
    indent: usize,
    fault: Option<String>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        let body = line.trim();
        if body.is_empty() || body.starts_with('#') {
            return;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        if indent == 0 && !body.starts_with("- ") {
            self.finish_item();
            let (key, value) = pair(body);
            self.is_in_releases = key == "releases" && value.is_empty();
            if key == "permalink" {
                let name = value.trim_start_matches('/');
                name.clone_into(&mut self.product.name);
            }
            return;
        }
        if !self.is_in_releases {
            return;
        }
        if let Some(first) = body.strip_prefix("- ") {
            if self.item.as_ref().is_none_or(|item| indent < item.indent) {
                self.finish_item();
                let indent = indent + 2;
                let cycle = Cycle::default();
                self.item = Some(Item { cycle, line: number, indent, fault: None });
                self.key(first);
            }
            return;
        }
        // Lines of other columns are inside a value.
        if self.item.as_ref().is_some_and(|item| item.indent == indent) {
            self.key(body);
        }
    }

    fn key(&mut self, body: &str) {
        let Some(item) = &mut self.item else { return };
        let (key, value) = pair(body);
        let slot = match key {
            "releaseCycle" => {
                value.clone_into(&mut item.cycle.name);
                return;
            }
            "eoas" => &mut item.cycle.eoas,
            "eol" => &mut item.cycle.eol,
            "eoes" => &mut item.cycle.eoes,
            _ => return,
        };
        match ends(value) {
            Ok(ends) => *slot = Some(ends),
            Err(reason) => {
                item.fault.get_or_insert(reason);
            }
        }
    }

    fn finish_item(&mut self) {
        let Some(item) = self.item.take() else { return };
        let fault = match item.fault {
            Some(fault) => Some(fault),
            None if !is_name(&item.cycle.name) => Some("it has no releaseCycle".to_owned()),
            None if item.cycle.eol.is_none() => Some("it has no eol".to_owned()),
            None => None,
        };
        match fault {
            Some(reason) => self.product.faults.push((format!("line {}", item.line), reason)),
            None => self.product.cycles.push(item.cycle),
        }
    }
}

/// `key: value  # remark`; quotes are taken off.
fn pair(body: &str) -> (&str, &str) {
    let Some((key, value)) = body.split_once(':') else { return (body, "") };
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote))
        {
            return (key, inner);
        }
    }
    let value = if value.starts_with('#') { "" } else { value };
    (key, value.split_once(" #").map_or(value, |(plain, _)| plain.trim_end()))
}
