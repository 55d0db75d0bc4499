//! Style sheet, script and icon: compiled in, named by their content, so that browsers may keep them
//! for ever and a new release is seen at once.

use model::Digest;
use std::sync::LazyLock;

/// One file under `/assets/`.
#[derive(Debug)]
pub struct Asset {
    /// The whole path, `/assets/<twelve digits of its digest>.<extension>`.
    pub path: &'static str,
    pub content_type: &'static str,
    pub body: &'static str,
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset("css", "text/css; charset=utf-8", include_str!("../assets/console.css")),
        asset("js", "text/javascript; charset=utf-8", include_str!("../assets/console.js")),
        asset("svg", "image/svg+xml", include_str!("../assets/icon.svg")),
    ]
});

fn asset(extension: &str, content_type: &'static str, body: &'static str) -> Asset {
    let path = format!("/assets/{}.{extension}", Digest::of(body.as_bytes()).short());
    // Three strings for the life of the program, so that pages hold plain references.
    Asset { path: path.leak(), content_type, body }
}

/// Returns every asset.
pub fn all() -> &'static [Asset] {
    &*ASSETS
}

pub(crate) fn style() -> &'static Asset {
    &ASSETS[0]
}

pub(crate) fn script() -> &'static Asset {
    &ASSETS[1]
}

pub(crate) fn icon() -> &'static Asset {
    &ASSETS[2]
}
