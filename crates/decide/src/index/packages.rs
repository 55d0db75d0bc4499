//! Packages: one for each stream, name and module, with its versions in order, its rows and its holdings.

use crate::index::holdings::HoldingId;
use crate::index::lookup::{Lookup, hash};
use crate::index::query::PackageName;
use crate::index::rows::{Names, RowData};
use crate::index::slices::Ground;
use crate::index::versions::{PkgId, VerId, Versions, count};
use crate::scheme::{Scheme, without_suffix};
use crate::stream::{self, Borrowed};

/// One package of one stream and module.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) stream: u16,
    pub(crate) name: Box<str>,
    pub(crate) module: Box<str>,
    pub(crate) scheme: Option<Scheme>,
    /// Versions that parse, in order: installed ones, offered ones and bounds of rows.
    pub(crate) order: Vec<VerId>,
    pub(crate) suffixed: Vec<(VerId, Box<[u8]>)>,
    /// Sorted by `RowData::place`.
    pub(crate) rows: Vec<RowData>,
    pub(crate) holdings: Vec<HoldingId>,
    /// Packages that believe this one's rows.
    pub(crate) lends: Vec<(PkgId, Borrowed)>,
    family: u16,
    /// The next package of the same family and name.
    next: Option<PkgId>,
}

impl Package {
    pub(crate) fn ground<'a>(&'a self, versions: &'a Versions) -> Ground<'a> {
        Ground { versions, order: &self.order, suffixed: &self.suffixed }
    }

    /// Returns the rows of one subject.
    pub(crate) fn group(&self, subject: u32) -> &[RowData] {
        let start = self.rows.partition_point(|row| row.subject < subject);
        let rest = &self.rows[start..];
        let end = rest.iter().position(|row| row.subject != subject).unwrap_or(rest.len());
        &rest[..end]
    }

    /// Returns whether only that it is modular is known of it, so that no comparison is certain.
    pub(crate) fn is_of_unknown_module(&self) -> bool {
        *self.module == *"?"
    }
}

/// All packages.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    all: Vec<Package>,
    lookup: Lookup,
    /// The first package of each family and name.
    heads: Lookup,
    streams: Names<String>,
    families: Names<String>,
}

impl Packages {
    pub(crate) fn get(&self, id: PkgId) -> &Package {
        &self.all[id.0 as usize]
    }

    pub(crate) fn get_mut(&mut self, id: PkgId) -> &mut Package {
        &mut self.all[id.0 as usize]
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = PkgId> + use<> {
        (0..count(self.all.len())).map(PkgId)
    }

    pub(crate) fn stream(&self, id: u16) -> &str {
        self.streams.get(id)
    }

    pub(crate) fn find_stream(&self, stream: &str) -> Option<u16> {
        let at = self.streams.all().iter().position(|known| known == stream)?;
        u16::try_from(at).ok()
    }

    pub(crate) fn intern_stream(&mut self, stream: &str) -> u16 {
        self.find_stream(stream).unwrap_or_else(|| self.streams.intern(&stream.to_owned()))
    }

    pub(crate) fn name(&self, id: PkgId) -> PackageName {
        let package = self.get(id);
        PackageName {
            stream: self.stream(package.stream).to_owned(),
            package: package.name.to_string(),
            module: package.module.to_string(),
        }
    }

    pub(crate) fn find(&self, stream: u16, name: &str, module: &str) -> Option<PkgId> {
        let found = self.lookup.find(hash(u64::from(stream), &[name, module]), |id| {
            let known = self.get(PkgId(id));
            known.stream == stream && *known.name == *name && *known.module == *module
        });
        found.map(PkgId)
    }

    /// Returns all packages of that name, in every stream and module.
    pub(crate) fn named(&self, name: &str) -> Vec<PkgId> {
        self.ids().filter(|id| *self.get(*id).name == *name).collect()
    }

    /// Returns the package; `Err` when it is new, so that the caller lends it rows.
    pub(crate) fn intern(&mut self, stream: u16, name: &str, module: &str) -> Result<PkgId, PkgId> {
        if let Some(id) = self.find(stream, name, module) {
            return Ok(id);
        }
        let id = PkgId(count(self.all.len()));
        let family = self.families.intern(&stream::family(self.stream(stream)));
        self.all.push(Package {
            stream,
            name: name.into(),
            module: module.into(),
            scheme: Scheme::of_stream(self.stream(stream)),
            order: Vec::new(),
            suffixed: Vec::new(),
            rows: Vec::new(),
            holdings: Vec::new(),
            lends: Vec::new(),
            family,
            next: None,
        });
        let all = &self.all;
        self.lookup.insert(hash(u64::from(stream), &[name, module]), id.0, |at| {
            let known = &all[at as usize];
            hash(u64::from(known.stream), &[&known.name, &known.module])
        });
        self.join_family(id);
        Err(id)
    }

    /// Links a new package with those of its family that have to do with it.
    fn join_family(&mut self, id: PkgId) {
        let (family, name) = (self.get(id).family, self.get(id).name.clone());
        let hash_of = |package: &Package| hash(u64::from(package.family), &[&package.name]);
        let head = self.heads.find(hash(u64::from(family), &[&name]), |at| {
            let known = self.get(PkgId(at));
            known.family == family && known.name == name
        });
        let Some(head) = head.map(PkgId) else {
            let all = &self.all;
            let own = hash_of(&all[id.0 as usize]);
            self.heads.insert(own, id.0, |at| hash_of(&all[at as usize]));
            return;
        };
        let mut relatives = Vec::new();
        let mut at = Some(head);
        while let Some(relative) = at {
            relatives.push(relative);
            at = self.get(relative).next;
        }
        for relative in relatives {
            for (to, from) in [(id, relative), (relative, id)] {
                if let Some(how) = self.borrows(to, from) {
                    self.get_mut(from).lends.push((to, how));
                }
            }
        }
        let after = self.get_mut(head).next.replace(id);
        self.get_mut(id).next = after;
    }

    fn borrows(&self, to: PkgId, from: PkgId) -> Option<Borrowed> {
        let (to, from) = (self.get(to), self.get(from));
        let side = |package: &Package| self.stream(package.stream).to_owned();
        stream::borrows((&side(to), &to.module), (&side(from), &from.module))
    }

    /// Returns from whom a package borrows.
    pub(crate) fn lenders(&self, id: PkgId) -> Vec<(PkgId, Borrowed)> {
        let package = self.get(id);
        let head = self.heads.find(hash(u64::from(package.family), &[&package.name]), |at| {
            let known = self.get(PkgId(at));
            known.family == package.family && known.name == package.name
        });
        let mut lenders = Vec::new();
        let mut at = head.map(PkgId);
        while let Some(relative) = at {
            let known = self.get(relative);
            let lent = known.lends.iter().filter(|(to, _)| *to == id);
            lenders.extend(lent.map(|(_, how)| (relative, *how)));
            at = known.next;
        }
        lenders
    }

    /// Returns the version of a package, interning it. `is_held` says that hosts have it, so that
    /// distribution suffixes matter.
    pub(crate) fn version(
        &mut self,
        versions: &mut Versions,
        id: PkgId,
        text: &str,
        is_held: bool,
    ) -> VerId {
        let package = &mut self.all[id.0 as usize];
        let ver = versions.intern(id, package.scheme, &mut package.order, text);
        if is_held && package.scheme == Some(Scheme::Dpkg) && versions.is_parsed(ver) {
            let bare = without_suffix(text);
            let is_new = || package.suffixed.iter().all(|(known, _)| *known != ver);
            if bare.len() < text.len()
                && is_new()
                && let Ok(key) = Scheme::Dpkg.key(bare)
            {
                package.suffixed.push((ver, key.as_bytes().into()));
            }
        }
        ver
    }
}
