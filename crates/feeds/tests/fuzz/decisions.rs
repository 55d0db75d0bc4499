//! What is decided on single words out of feeds: versions and CVSS vectors.

use crate::checks;
use decide::scheme::Scheme;
use std::cmp::Ordering;

/// Takes the lines of an input as versions: keys order as direct comparison does, in every scheme.
pub(crate) fn versions(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().take(24).collect();
    for scheme in Scheme::ALL {
        for pair in lines.windows(2) {
            let [a, b] = pair else { continue };
            pair_of(scheme, a, b)?;
        }
    }
    for pair in lines.windows(2) {
        let [a, b] = pair else { continue };
        if decide::version::compare(a, b) != decide::version::compare(b, a).reverse() {
            return Err(format!("{a:?} and {b:?} have no order"));
        }
        let base = decide::scheme::without_suffix(a);
        if !a.starts_with(base) {
            return Err(format!("{base:?} is no beginning of {a:?}"));
        }
    }
    Ok(())
}

fn pair_of(scheme: Scheme, a: &str, b: &str) -> Result<(), String> {
    let keys = (scheme.key(a), scheme.key(b));
    let direct = scheme.compare(a, b);
    let (Ok(key_a), Ok(key_b)) = &keys else {
        return match direct {
            Err(_) => Ok(()),
            Ok(_) => Err(format!("{scheme:?}: {a:?} and {b:?} compare, and one has no key")),
        };
    };
    checks::used();
    match direct {
        Ok(direct) if direct == key_a.cmp(key_b) => {}
        Ok(direct) => return Err(format!("{scheme:?}: {a:?} {direct:?} {b:?}, and keys do not")),
        Err(e) => return Err(format!("{scheme:?}: {a:?} and {b:?} have keys: {e}")),
    }
    match scheme.compare(b, a) {
        Ok(back) if back == key_b.cmp(key_a) => {}
        Ok(_) | Err(_) => return Err(format!("{scheme:?}: {a:?} and {b:?} have no order")),
    }
    if scheme.compare(a, a) != Ok(Ordering::Equal) {
        return Err(format!("{scheme:?}: {a:?} is not itself"));
    }
    Ok(())
}

/// Takes the lines of an input as vectors.
pub(crate) fn vectors(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines().take(64) {
        match decide::cvss::score(line) {
            Ok(scored) if scored.x10 > 100 || scored.impact_ppm > 1_000_000 => {
                return Err(format!("{line:?}: {} and {}", scored.x10, scored.impact_ppm));
            }
            Ok(scored) => {
                checks::used();
                decide::cvss::band(scored.x10);
            }
            Err(e) if e.to_string().len() > 1024 => {
                return Err("what is wrong with a vector is said at length".to_owned());
            }
            Err(_) => {}
        }
    }
    Ok(())
}
