//! XML as feeds use it: elements, attributes and text, one entry after the other. No DTD, no entities
//! but the five of XML itself, bounded depth. An entry is read into a small tree and dropped before the
//! next, so that memory follows the largest entry.

use crate::limits::{Limits, Refused};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// Attributes of one element: feeds have ten at most.
const ATTRIBUTES_MAX: usize = 64;
/// Elements inside one entry. SUSE's largest definitions have some 20,000 criteria.
const ELEMENTS_MAX: usize = 500_000;

/// One element with all that is inside it. Names are without their prefix: feeds differ in those.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// Its own text, in pieces joined; without its children's.
    text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Returns an attribute, or an empty text.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let own = self.attributes.iter().find(|(own, _)| own == name);
        own.map_or("", |(_, value)| value.as_str())
    }

    /// Returns its text without blanks around it.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(crate) fn first(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text of its first child of that name, or an empty text.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.first(name).map_or("", Self::text)
    }
}

/// Reads a document whose root is `root` and hands every element of a name in `entries`, with all that
/// is inside it, to `take`. What stands outside of them is passed over.
///
/// # Errors
/// The bytes are no well-formed document of that root, are cut off, hold a DTD or an entity of their
/// own, or exceed a limit; or `take` stops.
pub(crate) fn read(
    bytes: &[u8],
    (what, root): (&'static str, &str),
    entries: &[&str],
    limits: &Limits,
    take: &mut dyn FnMut(Element) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::form(what, "it is no UTF-8"))?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut walk = Walk { what, root, entries, limits, depth: 0, open: Vec::new(), elements: 0 };
    loop {
        let event = reader.read_event().map_err(|e| Refused::form(what, &e.to_string()))?;
        match event {
            Event::Start(start) => walk.start(&start)?,
            Event::End(_) => {
                if let Some(entry) = walk.end() {
                    take(entry)?;
                }
            }
            Event::Text(text) => walk.text(&text.xml10_content())?,
            Event::CData(text) => walk.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let own = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character),
                    Ok(None) => predefined(&reference.xml10_content()),
                    Err(_) => None,
                };
                let own = own.ok_or_else(|| Refused::form(what, "it uses an entity of its own"))?;
                walk.text(own.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(Refused::form(what, "it holds a DTD")),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if walk.depth > 0 || walk.elements == 0 {
        return Err(Refused::form(what, "it is cut off"));
    }
    Ok(())
}

fn predefined(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

struct Walk<'a> {
    what: &'static str,
    root: &'a str,
    entries: &'a [&'a str],
    limits: &'a Limits,
    depth: usize,
    /// The entry that is being read and the elements inside it that are open.
    open: Vec<Element>,
    /// Elements of the present entry; of the document while there was none.
    elements: usize,
}

impl Walk<'_> {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Refused> {
        let name = start.local_name();
        let name: &str = name.as_ref();
        if self.depth == 0 && (name != self.root || self.elements > 0) {
            return Err(Refused::form(self.what, &format!("its root is not <{}>", self.root)));
        }
        self.depth += 1;
        if self.depth > self.limits.depth_max {
            let (what, depth_max) = (self.what.to_owned(), self.limits.depth_max);
            return Err(Refused::Deep { what, depth_max });
        }
        if self.open.is_empty() {
            self.elements = 0;
        }
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(Refused::form(self.what, "one of its entries is larger than any real one"));
        }
        if !self.open.is_empty() || self.entries.contains(&name) {
            let attributes = self.attributes(start)?;
            let name = name.to_owned();
            self.open.push(Element { name, attributes, ..Element::default() });
        }
        Ok(())
    }

    fn attributes(&self, start: &BytesStart<'_>) -> Result<Vec<(String, String)>, Refused> {
        let wrong = |e: &dyn std::fmt::Display| Refused::form(self.what, &e.to_string());
        let mut attributes = Vec::new();
        // Without its own checks, which compare every attribute with every other.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|e| wrong(&e))?;
            if attributes.len() == ATTRIBUTES_MAX {
                return Err(Refused::form(self.what, "an element has too many attributes"));
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|e| wrong(&e))?;
            self.room_for_string(value.len())?;
            let name = attribute.key.local_name();
            let name: &str = name.as_ref();
            attributes.push((name.to_owned(), value.into_owned()));
        }
        Ok(attributes)
    }

    fn text(&mut self, text: &str) -> Result<(), Refused> {
        let Some(open) = self.open.last() else { return Ok(()) };
        self.room_for_string(open.text.len() + text.len())?;
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
        Ok(())
    }

    fn room_for_string(&self, bytes: usize) -> Result<(), Refused> {
        let bytes_max = self.limits.string_bytes_max;
        if bytes > bytes_max {
            return Err(Refused::LongString { what: self.what.to_owned(), bytes_max });
        }
        Ok(())
    }

    /// Returns the entry that ends here.
    fn end(&mut self) -> Option<Element> {
        self.depth = self.depth.saturating_sub(1);
        let closed = self.open.pop()?;
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(closed);
                None
            }
            None => Some(closed),
        }
    }
}

#[cfg(test)]
mod tests;
