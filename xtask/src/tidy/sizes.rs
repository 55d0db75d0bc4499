//! Sizes: a file that grows past its limit holds two ideas.

use crate::tidy::{Fault, Source, Tree};

/// Lines of a file without its tests.
const FILE_LINES_MAX: usize = 500;
/// Lines of a program's `main.rs`: it only starts things.
const MAIN_LINES_MAX: usize = 100;
/// Lines of a template.
const TEMPLATE_LINES_MAX: usize = 200;
/// Lines of documents that people read whole.
const DOCUMENTS: [(&str, usize); 2] = [("ARCHITECTURE.md", 300), ("STYLE.md", 250)];
/// Bytes of any file: git keeps every version of it for ever.
const FILE_BYTES_MAX: usize = 1024 * 1024;

pub(crate) fn check(tree: &Tree) -> Vec<Fault> {
    tree.files.iter().filter_map(fault).collect()
}

fn fault(file: &Source) -> Option<Fault> {
    if file.size_bytes > FILE_BYTES_MAX {
        let text = format!("{} bytes, {FILE_BYTES_MAX} are allowed", file.size_bytes);
        return Some(Fault::new(&file.path, 0, text));
    }
    let max = limit(file)?;
    let lines = own_lines(file);
    (lines > max).then(|| {
        Fault::new(&file.path, 0, format!("{lines} lines, {max} are allowed: cut by idea"))
    })
}

fn limit(file: &Source) -> Option<usize> {
    if let Some((_, max)) = DOCUMENTS.iter().find(|(path, _)| *path == file.path) {
        Some(*max)
    } else if file.path.contains("/templates/") {
        Some(TEMPLATE_LINES_MAX)
    } else if file.path.ends_with("src/main.rs") {
        Some(MAIN_LINES_MAX)
    } else if file.path.ends_with(".rs") && !file.is_test() {
        Some(FILE_LINES_MAX)
    } else {
        None
    }
}

/// Returns the lines before the unit tests, should they stand in the same file.
fn own_lines(file: &Source) -> usize {
    let end = file.lines().find(|(_, line)| line.starts_with("mod tests {"));
    end.map_or_else(|| file.text.lines().count(), |(line, _)| line - 1)
}
