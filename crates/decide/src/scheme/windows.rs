//! Windows builds: the build and its update revision (UBR), within one product family.
//! `10.0.20348.2700`, `10.0.20348`, `20348.2700` and `20348` are read; the kernel's own version in
//! front does not order anything.

/// Returns build and revision; a missing revision is 0.
pub(super) fn read(version: &str) -> Result<(u32, u32), &'static str> {
    let parts: Vec<u32> = version.split('.').map(number).collect::<Option<_>>().ok_or(WHY)?;
    match parts.as_slice() {
        [build] | [_, _, build] => Ok((*build, 0)),
        [build, revision] | [_, _, build, revision] => Ok((*build, *revision)),
        _ => Err(WHY),
    }
}

const WHY: &str = "it is no Windows build (they look like 10.0.20348.2700)";

fn number(part: &str) -> Option<u32> {
    // `parse` alone would read a sign.
    Some(part).filter(|part| part.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// Returns the key: build and revision, four bytes each.
pub(super) fn key(version: &str) -> Result<Vec<u8>, &'static str> {
    let (build, revision) = read(version)?;
    Ok([build.to_be_bytes(), revision.to_be_bytes()].concat())
}
