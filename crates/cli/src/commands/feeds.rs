//! `feeds`: what was loaded, how old it is; and loading files, for sites without a way out.

use crate::client::{self, Client};
use crate::config::Paths;
use crate::error::Failure;
use crate::{clock, output, render};
use clap::{Args, Subcommand};
use model::exposure::FeedView;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Files of one folder at most: all CVE records of a year are 60,000; an archive of them is one file.
const FILES_MAX: usize = 500_000;

/// Show feeds: what is loaded, from where, how old it is; load files of them
#[derive(Args)]
pub(crate) struct Feeds {
    #[command(subcommand)]
    command: Option<Command>,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// List what is loaded (also without a word after `feeds`)
    List,
    /// Load a file, an archive, or every file of a folder; what it is, is told by its content
    Import {
        /// File, archive or folder
        path: PathBuf,

        /// Take data that is refused because it shrinks or goes back in time; your name is recorded
        #[arg(long)]
        accept: bool,
    },
}

impl Feeds {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        match self.command {
            None | Some(Command::List) => list(&client, self.json),
            Some(Command::Import { path, accept }) => import(&client, &path, accept, self.json),
        }
    }
}

fn list(client: &Client, json: bool) -> Result<(), Failure> {
    let feeds: Vec<FeedView> = client.get("/feeds")?;
    if json {
        output::json(&feeds);
    } else if feeds.is_empty() {
        output::say("no feed is loaded yet");
        output::note(
            "hint: `patchwell feeds import PATH` loads files of feeds; a server with a \
                      way out fetches by itself",
        );
    } else {
        output::say(&render::feeds(&feeds, clock::now()));
    }
    Ok(())
}

fn import(client: &Client, path: &Path, accept: bool, json: bool) -> Result<(), Failure> {
    let files = files(path)?;
    let is_folder = path.is_dir();
    let mut loaded = Vec::new();
    let mut refused = 0;
    for file in &files {
        match send(client, file, accept) {
            Ok(views) => {
                if !json {
                    let shown = file.display();
                    output::say(&format!("{shown}\n{}", render::feeds(&views, clock::now())));
                }
                loaded.extend(views);
            }
            // One file of a folder that is no feed (a README, a checksum) spoils nothing else.
            Err(failure) if is_folder && is_about_file(&failure) => {
                refused += 1;
                output::note(&format!("not loaded: {}: {}", file.display(), failure.message));
            }
            Err(failure) => return Err(failure),
        }
    }
    if json {
        output::json(&loaded);
    }
    if loaded.is_empty() {
        let count = render::count(files.len(), "file");
        return Err(Failure::user(format!("nothing of {} ({count}) was loaded", path.display()))
            .hint("the lines above say why"));
    }
    if !json {
        let (done, left) = (files.len() - refused, refused);
        output::note(&format!("loaded {}, {left} not", render::count(done, "file")));
        output::note("hint: `patchwell exposures` shows what follows from it");
    }
    Ok(())
}

/// Whether the server spoke of this file, and not of itself or of us.
fn is_about_file(failure: &Failure) -> bool {
    use crate::error::Kind;
    match failure.kind {
        Kind::User | Kind::Refused => true,
        Kind::Unreachable | Kind::Internal => false,
    }
}

fn send(client: &Client, path: &Path, accept: bool) -> Result<Vec<FeedView>, Failure> {
    let could_not = || format!("could not read `{}`", path.display());
    let file = File::open(path).map_err(|error| Failure::user(could_not()).because(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let pairs =
        [("name", name.as_deref().unwrap_or("file")), ("accept", if accept { "1" } else { "" })];
    client.upload(&client::query("/feeds/import", &pairs), &file)
}

/// Returns the file itself, or the files below the folder, sorted by path. Links are followed once only
/// where they are given by name: a folder that links to itself has no end.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let could_not = |path: &Path, error: &std::io::Error| {
        Failure::user(format!("could not read `{}`", path.display())).because(error)
    };
    let kind = std::fs::metadata(path).map_err(|error| could_not(path, &error))?;
    if !kind.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut found, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| could_not(&folder, &error))? {
            let entry = entry.map_err(|error| could_not(&folder, &error))?;
            let kind = entry.file_type().map_err(|error| could_not(&entry.path(), &error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
        if found.len() > FILES_MAX {
            return Err(Failure::user(format!(
                "more than {FILES_MAX} files in `{}`",
                path.display()
            ))
            .hint("pack them into an archive (.tar.gz or .zip) and import that"));
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::user(format!("there is no file in `{}`", path.display())));
    }
    Ok(found)
}
