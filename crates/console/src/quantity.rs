//! Numbers as people read them: thousands apart, sizes in decimal units, nouns in the right number.

/// Returns `count` with its thousands apart: `1,234`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns `count` with its noun: `1 host`, `1,234 hosts`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Returns a size in decimal units, as the package manager prints it: `12.3 MB`.
pub fn bytes(size: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (unit, word) in UNITS {
        if size >= unit {
            let tenths = size / (unit / 10);
            return if tenths >= 1_000 {
                format!("{} {word}", count(tenths / 10))
            } else {
                format!("{}.{} {word}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{size} B")
}

/// Returns the length of a list as a number of pages and tables.
pub(crate) fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
