//! What every page has around its content: title, navigation, the signed-in person, the page's time.

use crate::asset;
use crate::moment::Moment;

/// The part of the console that a page belongs to; marks the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Overview,
    Hosts,
    Exposure,
    Deadlines,
    Changes,
    Record,
    /// Pages outside the navigation: sign-in, errors.
    None,
}

/// The signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// The session's token against forged forms; every form carries it in its field `csrf`.
    pub csrf: String,
}

/// What every page has around its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shell {
    /// Seconds since the Unix epoch: all relative times of the page count from it.
    pub now: i64,
    pub person: Option<Person>,
    /// One line that tells what the last form did, or empty.
    pub notice: String,
}

/// A link of the navigation.
pub struct NavLink {
    pub href: &'static str,
    pub label: &'static str,
    pub is_here: bool,
}

impl Shell {
    /// Returns the navigation with the link of `here` marked.
    pub fn nav(&self, here: Section) -> [NavLink; 6] {
        let link = |href, label, section| NavLink { href, label, is_here: section == here };
        [
            link("/", "Overview", Section::Overview),
            link("/hosts", "Hosts", Section::Hosts),
            link("/exposures", "Exposure", Section::Exposure),
            link("/deadlines", "Deadlines", Section::Deadlines),
            link("/changes", "Changes", Section::Changes),
            link("/events", "Record", Section::Record),
        ]
    }

    /// Returns the token that forms carry, or empty on pages without a session.
    pub fn csrf(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.csrf)
    }

    /// Returns `at` as pages show it.
    pub fn moment(&self, at: i64) -> Moment {
        Moment::new(at, self.now)
    }

    /// Returns the page's own time, for the footer.
    pub fn made(&self) -> Moment {
        self.moment(self.now)
    }

    /// Returns the address of the style sheet.
    pub fn style(&self) -> &'static str {
        asset::style().path
    }

    /// Returns the address of the script.
    pub fn script(&self) -> &'static str {
        asset::script().path
    }

    /// Returns the address of the icon.
    pub fn icon(&self) -> &'static str {
        asset::icon().path
    }
}
