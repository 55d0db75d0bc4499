use super::*;
use crate::run::Phase;

fn entry(at: i64) -> Entry {
    Entry::State { phase: Phase::Staging, at }
}

fn bytes(count: i64) -> Vec<u8> {
    (0..count).flat_map(|at| encode(&entry(at)).unwrap()).collect()
}

#[test]
fn what_was_written_is_read_back_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = Journal::create(&path).unwrap();
    journal.write(&entry(1)).unwrap();
    journal.write(&entry(2)).unwrap();
    drop(journal);
    let (mut journal, entries) = Journal::open(&path).unwrap();
    assert_eq!(entries, [entry(1), entry(2)]);
    journal.write(&entry(3)).unwrap();
    drop(journal);
    assert_eq!(Journal::open(&path).unwrap().1.len(), 3);
    assert!(Journal::create(&path).is_err());
}

#[test]
fn a_tail_torn_anywhere_is_dropped_and_writing_goes_on_behind_what_is_whole() {
    let whole = bytes(3);
    let two = bytes(2).len();
    for cut in two..whole.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        crate::files::put(&path, &whole[..cut], 0o600).unwrap();
        let (mut journal, entries) = Journal::open(&path).unwrap();
        assert_eq!(entries, [entry(0), entry(1)], "cut at {cut}");
        journal.write(&entry(9)).unwrap();
        drop(journal);
        assert_eq!(Journal::open(&path).unwrap().1, [entry(0), entry(1), entry(9)]);
    }
}

#[test]
fn a_tail_of_zeros_is_torn_too() {
    let mut torn = bytes(2);
    torn.extend([0; 300]);
    assert_eq!(read(&torn).unwrap().0.len(), 2);
}

#[test]
fn damage_before_a_whole_record_is_never_guessed_at() {
    let whole = bytes(3);
    let last = bytes(2).len();
    for at in 0..last {
        for bit in [1, 0x80] {
            let mut damaged = whole.clone();
            damaged[at] ^= bit;
            assert!(
                matches!(read(&damaged), Err(JournalError::Damaged { .. })),
                "byte {at} bit {bit}"
            );
        }
    }
}

#[test]
fn an_entry_larger_than_a_record_is_refused_and_the_journal_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = Journal::create(&path).unwrap();
    journal.write(&entry(1)).unwrap();
    let big = Entry::Fenced { units: vec!["x".repeat(PAYLOAD_BYTES_MAX)] };
    assert!(journal.write(&big).is_err());
    drop(journal);
    assert_eq!(Journal::open(&path).unwrap().1, [entry(1)]);
}
