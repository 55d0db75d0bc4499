//! A document's products: platforms, packages, and which package is part of which platform. Names of products
//! are taken apart by the document's own table, because platforms' names hold colons, too.

use crate::json::{self, Text};
use crate::release;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
pub(super) struct Tree<'a> {
    #[serde(borrow, default, deserialize_with = "json::list")]
    branches: Vec<Branch<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    full_product_names: Vec<Product<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    relationships: Vec<Relationship<'a>>,
}

#[derive(Deserialize)]
struct Branch<'a> {
    #[serde(borrow, default, deserialize_with = "json::list")]
    branches: Vec<Branch<'a>>,
    #[serde(borrow, default)]
    product: Option<Product<'a>>,
}

#[derive(Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
    #[serde(borrow, default)]
    product_identification_helper: Option<Helper<'a>>,
}

#[derive(Deserialize)]
struct Helper<'a> {
    #[serde(borrow, default)]
    cpe: Option<Text<'a>>,
    #[serde(borrow, default)]
    purl: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Relationship<'a> {
    #[serde(borrow)]
    full_product_name: FullName<'a>,
    #[serde(borrow)]
    product_reference: Text<'a>,
    #[serde(borrow)]
    relates_to_product_reference: Text<'a>,
}

#[derive(Deserialize)]
struct FullName<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
}

/// Products by their names.
pub(super) struct Products<'a> {
    helpers: HashMap<&'a str, Option<&'a Helper<'a>>>,
    parts: HashMap<&'a str, &'a Relationship<'a>>,
}

/// A package in the streams of its platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Component<'a> {
    /// Each with the channel that its repairs need, or empty.
    pub(super) streams: Vec<(String, &'static str)>,
    pub(super) name: &'a str,
    /// Epoch, version, release; empty: the package as such.
    pub(super) evr: &'a str,
    pub(super) is_source: bool,
    /// `postgresql:12`, or empty.
    pub(super) module: String,
}

/// What a product's name leads to.
pub(super) enum Found<'a> {
    Package(Component<'a>),
    /// A product that is no stream of hosts (Satellite, JBoss), or no package.
    Elsewhere,
    /// The document does not explain the name.
    Nowhere,
}

impl<'a> Products<'a> {
    pub(super) fn of(tree: Option<&'a Tree<'a>>) -> Self {
        let mut products = Self { helpers: HashMap::new(), parts: HashMap::new() };
        let Some(tree) = tree else { return products };
        // Depth is bounded by the limit on the document's depth.
        let mut branches: Vec<&Branch<'a>> = tree.branches.iter().collect();
        let mut found: Vec<&'a Product<'a>> = tree.full_product_names.iter().collect();
        while let Some(branch) = branches.pop() {
            branches.extend(&branch.branches);
            found.extend(&branch.product);
        }
        for product in found {
            let helper = product.product_identification_helper.as_ref();
            products.helpers.insert(product.product_id.as_str(), helper);
        }
        for part in &tree.relationships {
            products.parts.insert(part.full_product_name.product_id.as_str(), part);
        }
        products
    }

    pub(super) fn find(&self, id: &str) -> Found<'a> {
        let Some(part) = self.parts.get(id) else {
            return if self.helpers.contains_key(id) { Found::Elsewhere } else { Found::Nowhere };
        };
        let reference = part.product_reference.as_str();
        let mut platform = part.relates_to_product_reference.as_str();
        let mut module = "";
        // A package of a module is part of the module, which is part of the platform.
        if let Some(outer) = self.parts.get(platform) {
            module = outer.product_reference.as_str();
            platform = outer.relates_to_product_reference.as_str();
        }
        let Some(helper) = self.helpers.get(platform) else { return Found::Nowhere };
        let cpe = helper.and_then(|helper| helper.cpe.as_ref()).map_or("", Text::as_str);
        let streams = streams(cpe, platform);
        if streams.is_empty() {
            return Found::Elsewhere;
        }
        let purl = self.helpers.get(reference).copied().flatten().and_then(|h| h.purl.as_ref());
        let purl = purl.map_or("", Text::as_str);
        if purl.starts_with("pkg:") && !purl.starts_with("pkg:rpm/") {
            // Modules as such, containers, libraries.
            return Found::Elsewhere;
        }
        let package = Nevra::of(reference);
        Found::Package(Component {
            streams,
            name: package.name,
            evr: package.evr,
            is_source: package.arch == "src" || package.arch == "nosrc",
            module: module_of(&[package.module, module, in_purl(purl)]),
        })
    }
}

/// The streams of a platform. Red Hat builds the repairs of `9.2.0.Z.MAIN.EUS` for the release itself and for
/// its extended support, and its CPE names only the former.
fn streams(cpe: &str, platform: &str) -> Vec<(String, &'static str)> {
    let Some(stream) = release::of_cpe(cpe) else { return Vec::new() };
    let is_extended = platform.ends_with(".Z.MAIN.EUS") && !stream.0.contains('+');
    let minor = platform.split('-').find_map(|part| {
        let mut numbers = part.split('.');
        let (major, minor) = (numbers.next()?, numbers.next()?);
        let version = format!("{major}.{minor}");
        (release::is_version(&version, 2) && numbers.next() == Some("0")).then_some(version)
    });
    let extended = minor.filter(|_| is_extended).map(|minor| (format!("rhel:{minor}+eus"), ""));
    std::iter::once(stream).chain(extended).collect()
}

/// The first text that is a module's name, as `name:stream`.
fn module_of(texts: &[&str]) -> String {
    let named = texts.iter().find_map(|text| {
        let mut parts = text.split(':');
        let (name, stream) = (parts.next()?, parts.next()?);
        (!name.is_empty() && !stream.is_empty()).then(|| format!("{name}:{stream}"))
    });
    named.unwrap_or_default()
}

/// `pkg:rpm/redhat/nodejs@18.18.2-1...?arch=x86_64&rpmmod=nodejs:18:809...`, also with `%3A`.
fn in_purl(purl: &str) -> &str {
    purl.split(['?', '&']).find_map(|part| part.strip_prefix("rpmmod=")).unwrap_or("")
}

/// A package's name taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nevra<'a> {
    pub(super) name: &'a str,
    pub(super) evr: &'a str,
    pub(super) arch: &'a str,
    pub(super) module: &'a str,
}

const ARCHITECTURES: [&str; 18] = [
    "x86_64",
    "noarch",
    "aarch64",
    "ppc64le",
    "s390x",
    "i686",
    "src",
    "nosrc",
    "i386",
    "i586",
    "ppc64",
    "ppc",
    "s390",
    "ia64",
    "armv7hl",
    "armv6hl",
    "riscv64",
    "aarch64_ilp32",
];

impl<'a> Nevra<'a> {
    /// Reads `python3.9-0:3.9.19-8.el9.src`, `curl-8.0.1-1.x86_64`, `curl`, and with modules
    /// `nodejs-1:20.1-1.el8.x86_64::nodejs:20` and `nodejs:16/nodejs`.
    pub(super) fn of(text: &'a str) -> Self {
        let (text, behind) = text.split_once("::").unwrap_or((text, ""));
        let (before, text) = text.split_once('/').unwrap_or(("", text));
        let module = if behind.is_empty() { before } else { behind };
        let bare = Self { name: text, evr: "", arch: "", module };
        let Some((nevr, arch)) = text.rsplit_once('.') else { return bare };
        if !ARCHITECTURES.contains(&arch) {
            return bare;
        }
        let Some((nev, _)) = nevr.rsplit_once('-') else { return Self { name: nevr, ..bare } };
        let Some((name, _)) = nev.rsplit_once('-') else { return Self { name: nevr, ..bare } };
        let evr = nevr.get(name.len() + 1..).unwrap_or("");
        Self { name, evr, arch, module }
    }
}
