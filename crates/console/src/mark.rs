//! Marks: a state in words, with a shape and a colour. Colour never carries the meaning alone: the
//! word says it, and each tone has a shape of its own.

use askama::Template;
use model::change::ChangeState;
use model::host::SupportStatus;
use model::outcome::RunEnd;
use model::package::PatchKind;
use model::problem::Severity;
use model::run::RunState;

/// How a state feels; decides shape and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Broken, needs a person now.
    Bad,
    /// Should be looked at.
    Warn,
    /// At work.
    Busy,
    /// Waits for something that it names.
    Wait,
    /// Nothing to say.
    Calm,
    /// As it should be.
    Good,
}

impl Tone {
    /// Returns the class name.
    pub fn class(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Busy => "busy",
            Self::Wait => "wait",
            Self::Calm => "calm",
            Self::Good => "good",
        }
    }
}

/// A state as a small label.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(source = r#"<span class="mark {{ tone.class() }}">{{ word }}</span>"#, ext = "html")]
pub struct Mark {
    pub tone: Tone,
    pub word: String,
}

impl askama::filters::HtmlSafe for Mark {}

impl Mark {
    /// Returns a mark with any word.
    pub fn new(tone: Tone, word: &str) -> Self {
        Self { tone, word: word.to_owned() }
    }

    /// Returns the mark of a run's state.
    pub fn run(state: &RunState) -> Self {
        Self::new(run_tone(state), state.word())
    }

    /// Returns the mark of a change's state.
    pub fn change(state: &ChangeState) -> Self {
        let tone = match state {
            ChangeState::Planned { .. } | ChangeState::Approved => Tone::Wait,
            ChangeState::Running => Tone::Busy,
            ChangeState::Halted { .. } => Tone::Bad,
            ChangeState::Stopped { .. } | ChangeState::Completed { failed: 1.., .. } => Tone::Warn,
            ChangeState::Completed { .. } => Tone::Good,
            ChangeState::Expired => Tone::Calm,
        };
        Self::new(tone, state.word())
    }

    /// Returns the mark of a release's support.
    pub fn support(status: SupportStatus) -> Self {
        match status {
            SupportStatus::Supported => Self::new(Tone::Good, "supported"),
            SupportStatus::LongTerm => Self::new(Tone::Good, "long-term support"),
            SupportStatus::Ended => Self::new(Tone::Bad, "support ended"),
            SupportStatus::Unknown => Self::new(Tone::Warn, "support unknown"),
        }
    }

    /// Returns the mark of a problem's severity.
    pub fn severity(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::new(Tone::Bad, "error"),
            Severity::Warning => Self::new(Tone::Warn, "warning"),
            Severity::Note => Self::new(Tone::Calm, "note"),
        }
    }
}

/// Returns the tone of a run's state.
pub fn run_tone(state: &RunState) -> Tone {
    match state {
        RunState::Ordered => Tone::Wait,
        RunState::Assigned
        | RunState::Preflight
        | RunState::Staging
        | RunState::Claiming
        | RunState::Applying
        | RunState::Repairing
        | RunState::Verifying => Tone::Busy,
        RunState::Refused { .. } | RunState::Lost => Tone::Bad,
        RunState::Ended { end } => match end {
            RunEnd::Succeeded => Tone::Good,
            RunEnd::Blocked { .. } | RunEnd::Aborted { .. } => Tone::Warn,
            RunEnd::Cancelled { .. } => Tone::Calm,
            RunEnd::Stuck { .. } => Tone::Bad,
        },
    }
}

/// Every patch kind, most urgent first.
pub const KINDS: [PatchKind; 4] =
    [PatchKind::Security, PatchKind::Maintenance, PatchKind::Application, PatchKind::Firmware];

/// Returns the word of a patch kind, as pages, forms and addresses use it.
pub fn kind_word(kind: PatchKind) -> &'static str {
    match kind {
        PatchKind::Security => "security",
        PatchKind::Maintenance => "maintenance",
        PatchKind::Application => "application",
        PatchKind::Firmware => "firmware",
    }
}

/// Reads a patch kind from a form or an address.
pub fn kind_from(word: &str) -> Option<PatchKind> {
    KINDS.into_iter().find(|kind| kind_word(*kind) == word)
}

/// A patch kind as a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Template)]
#[template(source = r#"<span class="kind {{ word }}">{{ word }}</span>"#, ext = "html")]
pub struct KindBadge {
    word: &'static str,
}

impl askama::filters::HtmlSafe for KindBadge {}

impl KindBadge {
    /// Returns the badge of `kind`.
    pub fn new(kind: PatchKind) -> Self {
        Self { word: kind_word(kind) }
    }
}
