//! What the fleet index costs, on a synthetic fleet: time and resident memory. What is short is done many times on a
//! monotonic clock, and its median printed; what is long is CPU time of this thread, because other programs on
//! the machine have no part in it.
//! `cargo bench -p decide --bench fleet -- [HOSTS [ROWS]]`; 100,000 hosts and 1,300,000 rows unless said otherwise.
#![expect(clippy::print_stdout, reason = "the figures are the output")]
#![expect(clippy::disallowed_methods, reason = "a stopwatch reads the clock")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures and synthetic shapes are approximate"
)]

#[path = "fleet/synthetic.rs"]
mod synthetic;

use decide::index::{Index, NewRow, Query, RowId, Scope, Source, Subject};
use model::TenantId;
use model::advisory::{Feed, Row};
use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};
use synthetic::Fleet;

type Anything<T> = Result<T, Box<dyn Error>>;

/// Rows that are put in at a time, as a load does: all at once would be measured as memory.
const BATCH: u64 = 20_000;
/// Repetitions of what takes microseconds.
const TIMES: u64 = 200;

fn main() -> Anything<()> {
    // `cargo bench` adds `--bench`.
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let (hosts, rows) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(1_300_000));
    let fleet = Fleet { seed: 26, tenant: TenantId(1), has_offers: true };
    println!("{hosts} hosts, {rows} rows, {} streams", synthetic::STREAMS.len());
    let mut bench = Bench { fleet, hosts, index: Index::new(), scope: Scope::of(fleet.tenant) };
    bench.build(rows)?;
    bench.evaluate();
    bench.edits(rows);
    bench.questions(rows);
    println!("{:<44} {} MB resident, {} MB at most", "memory", status("VmRSS")?, status("VmHWM")?);
    Ok(())
}

struct Bench {
    fleet: Fleet,
    hosts: u64,
    index: Index,
    scope: Scope,
}

impl Bench {
    fn build(&mut self, rows: u64) -> Anything<()> {
        let mut spent = Duration::ZERO;
        for number in 0..self.hosts {
            let entry = self.fleet.host(number, 0, 0);
            let start = cpu();
            self.index.put_host(&entry);
            spent += cpu().saturating_sub(start);
        }
        print("build: hosts", spent);
        println!("{:<44} {} MB resident", "memory of hosts", status("VmRSS")?);
        let source = Source { name: "synthetic".to_owned(), feed: Feed::DebianTracker };
        let mut spent = Duration::ZERO;
        for first in (0..rows).step_by(BATCH as usize) {
            let made: Vec<Row> =
                (first..(first + BATCH).min(rows)).map(|number| self.fleet.row(number)).collect();
            let new: Vec<NewRow<'_>> =
                made.iter().zip(first..).map(|(row, number)| new_row(number, row)).collect();
            let start = cpu();
            self.index.put_rows(&source, &new);
            spent += cpu().saturating_sub(start);
        }
        print("build: rows", spent);
        let watch = Watch::start();
        for number in 0..rows.div_ceil(6) {
            let (micro, is_kev) = self.fleet.hazard(number);
            self.index.set_hazard(Fleet::cve(number), micro, is_kev);
        }
        print("a day of hazards, every CVE", watch.elapsed());
        println!("{:<44} {} MB resident", "memory of hosts and rows", status("VmRSS")?);
        Ok(())
    }

    fn evaluate(&mut self) {
        let mut best = [Duration::MAX; 4];
        for _ in 0..3 {
            let watch = Watch::start();
            self.index.evaluate();
            let judged = watch.elapsed();
            let exposures = self.index.exposures(&self.scope, &Query::default(), "", 0).total;
            let counted = watch.elapsed();
            let risks = self.index.risks(&self.scope);
            let summed = watch.elapsed();
            std::hint::black_box((exposures, risks));
            let parts =
                [judged, counted.saturating_sub(judged), summed.saturating_sub(counted), summed];
            for (best, part) in best.iter_mut().zip(parts) {
                *best = (*best).min(part);
            }
        }
        print("full re-evaluation", best[3]);
        print("  of it: every row judged", best[0]);
        print("  of it: exposures counted", best[1]);
        print("  of it: risk of every host", best[2]);
        let total = self.index.exposures(&self.scope, &Query::default(), "", 0);
        println!("{:<44} {} on {} hosts", "exposures", total.total, total.hosts);
    }

    fn edits(&mut self, rows: u64) {
        let source = Source { name: "synthetic".to_owned(), feed: Feed::DebianTracker };
        let (mut put, mut asked, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for number in rows..rows + TIMES {
            // The most common sources: the worst case.
            let mut row = self.fleet.row(number);
            let source_number = number % 100;
            row.package = Fleet::source(source_number);
            let stream =
                synthetic::STREAMS.iter().position(|s| *s == row.stream).unwrap_or(0) as u64;
            let newest = self.fleet.versions(stream, source_number) - 1;
            let bound = Fleet::version(stream, source_number, newest);
            row.until = model::advisory::Until::Fixed(bound);
            let subject = row.cve.map(Subject::Cve);
            let watch = Watch::start();
            self.index.put_rows(&source, &[new_row(number, &row)]);
            put.push(watch.elapsed());
            let watch = Watch::start();
            let query = Query { subject, ..Query::default() };
            std::hint::black_box(self.index.hosts_of(&self.scope, &query));
            asked.push(watch.elapsed());
            let watch = Watch::start();
            self.index.remove_rows(&[RowId(number)]);
            gone.push(watch.elapsed());
        }
        print("one advisory about a common source", median(put));
        print("  its exposed hosts, sorted", median(asked));
        print("  its withdrawal", median(gone));
        let mut spent = Vec::new();
        for number in 0..TIMES {
            let entry = self.fleet.host(number % self.hosts, 1 + number, 40);
            let watch = Watch::start();
            self.index.put_host(&entry);
            spent.push(watch.elapsed());
        }
        print("one report, 40 packages changed", median(spent));
    }

    fn questions(&self, rows: u64) {
        let (index, scope) = (&self.index, &self.scope);
        let subject = |n: u64| Subject::Cve(Fleet::cve(n * 97 % rows.div_ceil(6)));
        measure("hosts of one CVE", TIMES, |n| {
            let query = Query { subject: Some(subject(n)), ..Query::default() };
            index.count_hosts(scope, &query)
        });
        measure("hosts of one CVE by state", TIMES, |n| index.counts(scope, &subject(n)).exposed);
        measure("first page of one CVE", TIMES, |n| {
            let query = Query { subject: Some(subject(n)), ..Query::default() };
            index.exposures(scope, &query, "", 50).total
        });
        measure("every exposure of one host", TIMES, |n| {
            index.exposures_of_host(scope, self.fleet.host_id(n % self.hosts)).len() as u64
        });
        measure("first page of all exposures", 5, |_| {
            index.exposures(scope, &Query::default(), "", 50).total
        });
        measure("hosts of all KEV entries", 5, |_| {
            let query = Query { is_kev_only: true, ..Query::default() };
            index.count_hosts(scope, &query)
        });
        measure("list of all CVEs with exposed hosts", 3, |_| {
            index.subjects(scope, &Query::default()).len() as u64
        });
        measure("actions page, 50 lines", 5, |_| index.actions(scope, 50).len() as u64);
    }
}

fn new_row(number: u64, row: &Row) -> NewRow<'_> {
    NewRow { id: RowId(number), learned_at: 1_780_000_000, row, advisory: None }
}

/// Prints the median time of a call, and the largest answer.
fn measure(what: &str, times: u64, mut ask: impl FnMut(u64) -> u64) {
    let mut answer = 0;
    let mut spent = Vec::new();
    for number in 0..times {
        let watch = Watch::start();
        answer = answer.max(ask(number));
        spent.push(watch.elapsed());
    }
    print(what, median(spent));
    println!("{:<44} {answer}", "  largest answer");
}

/// A stopwatch that shows CPU time once that is precise enough: the kernel counts it in ticks.
struct Watch {
    start: Instant,
    cpu: Duration,
}

/// Shorter times are taken from the monotonic clock.
const LONG: Duration = Duration::from_millis(20);

impl Watch {
    fn start() -> Self {
        Self { cpu: cpu(), start: Instant::now() }
    }

    fn elapsed(&self) -> Duration {
        let wall = self.start.elapsed();
        if wall < LONG { wall } else { cpu().saturating_sub(self.cpu) }
    }
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

fn print(what: &str, time: Duration) {
    let micros = time.as_nanos() as f64 / 1_000.0;
    if micros >= 10_000.0 {
        println!("{what:<44} {:.0} ms", micros / 1_000.0);
    } else if micros >= 1_000.0 {
        println!("{what:<44} {:.2} ms", micros / 1_000.0);
    } else {
        println!("{what:<44} {micros:.1} us");
    }
}

/// A figure of `/proc/self/status` in MB.
fn status(name: &str) -> Anything<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kilobytes / 1_024)
}
