//! Random damage to what a server delivers, thousands of times. With `PATCHWELL_SLOW_TESTS=1` a hundred
//! thousand times. The seed is fixed; a counter-example becomes a plain test.

use super::people::{
    ANN, BOB, Draft, HOST, OTHER_HOST, ROOT, STRANGER, entry, order_signature, pin, root_envelope,
    roster_envelope, signature,
};
use super::victim::{Victim, names, payload_of, word};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::{ORDER_TYPE, Order};
use model::wire::{Envelope, OrdersAnswer, SignatureForm};
use model::{Digest, RunId};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Orders delivered together; a host keeps 64 at once.
const BATCH: usize = 40;
const BATCHES: u32 = 55;
const BATCHES_SLOW: u32 = 2_600;

/// One way to spoil a delivery. Numbers choose the place, modulo what is there.
#[derive(Debug, Clone)]
enum Damage {
    // To the bytes of the whole body.
    FlipBody(usize, u8),
    CutBody(usize),
    // To the tree of the whole body: field to field, place to place.
    Replace(usize, Odd),
    Remove(usize),
    Add(usize),
    Swap(usize, usize),
    // To the bytes of one signed part, which nobody signs again.
    FlipPart(Part, usize, u8),
    CutPart(Part, usize),
    GrowPart(Part, Vec<u8>),
    ReplaceInPart(Part, usize, Odd),
    RemoveInPart(Part, usize),
    SwapInPart(Part, usize, usize),
    /// To signatures, and to what belongs together.
    Signed(Signed),
}

/// Damage for which people, or the server in their place, sign something else.
#[derive(Debug, Clone)]
enum Signed {
    FlipBlob(usize, u8),
    CutBlob(usize),
    Foreign,
    Strip,
    Repeat(u8),
    HostForm,
    OtherKeyName,
    ByStranger { as_ann: bool },
    ForOther(String),
    KindOf(String),
    OtherHostsOrder,
    OtherHostsPlan,
    OtherTenant,
    OtherRoot,
    OtherRoster { is_older: bool },
    ServerTime(i64),
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Order,
    Plan,
    Roster,
    Root,
}

/// A value that does not belong where it is put.
#[derive(Debug, Clone)]
enum Odd {
    Null,
    Whole(i64),
    Fraction(f64),
    Text(String),
    Huge(usize),
    Deep(usize),
    List,
}

impl Odd {
    fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Whole(number) => json!(number),
            Self::Fraction(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::Huge(bytes) => json!("A".repeat(*bytes)),
            Self::Deep(levels) => (0..*levels).fold(json!(0), |inner, _| json!([inner])),
            Self::List => json!([]),
        }
    }
}

fn odd() -> impl Strategy<Value = Odd> {
    prop_oneof![
        Just(Odd::Null),
        any::<i64>().prop_map(Odd::Whole),
        (-9.0..9.0_f64).prop_map(Odd::Fraction),
        "\\PC{0,30}".prop_map(Odd::Text),
        prop_oneof![Just(1_000_usize), Just(200_000), Just(400_000)].prop_map(Odd::Huge),
        (1_usize..120).prop_map(Odd::Deep),
        Just(Odd::List),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        3 => Just(Part::Order), 2 => Just(Part::Plan), 1 => Just(Part::Roster), 1 => Just(Part::Root)
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<usize>;
    let bit = || 0_u8..8;
    let bytes = prop::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        1 => (at(), bit()).prop_map(|(a, b)| Damage::FlipBody(a, b)),
        1 => at().prop_map(Damage::CutBody),
        1 => (at(), odd()).prop_map(|(a, o)| Damage::Replace(a, o)),
        1 => at().prop_map(Damage::Remove),
        1 => at().prop_map(Damage::Add),
        1 => (at(), at()).prop_map(|(a, b)| Damage::Swap(a, b)),
        3 => (part(), at(), bit()).prop_map(|(p, a, b)| Damage::FlipPart(p, a, b)),
        2 => (part(), at()).prop_map(|(p, a)| Damage::CutPart(p, a)),
        2 => (part(), bytes).prop_map(|(p, b)| Damage::GrowPart(p, b)),
        4 => (part(), at(), odd()).prop_map(|(p, a, o)| Damage::ReplaceInPart(p, a, o)),
        2 => (part(), at()).prop_map(|(p, a)| Damage::RemoveInPart(p, a)),
        3 => (part(), at(), at()).prop_map(|(p, a, b)| Damage::SwapInPart(p, a, b)),
        16 => in_signatures().prop_map(Damage::Signed),
    ]
}

fn in_signatures() -> impl Strategy<Value = Signed> {
    let at = any::<usize>;
    prop_oneof![
        (at(), 0_u8..8).prop_map(|(a, b)| Signed::FlipBlob(a, b)),
        at().prop_map(Signed::CutBlob),
        Just(Signed::Foreign),
        Just(Signed::Strip),
        (17_u8..40).prop_map(Signed::Repeat),
        Just(Signed::HostForm),
        Just(Signed::OtherKeyName),
        any::<bool>().prop_map(|as_ann| Signed::ByStranger { as_ann }),
        "[a-z@-]{1,20}".prop_map(Signed::ForOther),
        "[a-z/0-9-]{0,20}".prop_map(Signed::KindOf),
        Just(Signed::OtherHostsOrder),
        Just(Signed::OtherHostsPlan),
        Just(Signed::OtherTenant),
        Just(Signed::OtherRoot),
        any::<bool>().prop_map(|is_older| Signed::OtherRoster { is_older }),
        any::<i64>().prop_map(Signed::ServerTime),
    ]
}

/// Returns the addresses of all places in a tree but its root.
fn places(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    visit(value, "", &mut all);
    all
}

fn visit(value: &Value, at: &str, all: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, inner)| (name.clone(), inner)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    };
    for (name, value) in inner {
        let path = format!("{at}/{name}");
        all.push(path.clone());
        visit(value, &path, all);
    }
}

fn place(value: &Value, at: usize) -> String {
    let all = places(value);
    all.get(at % all.len().max(1)).cloned().unwrap_or_default()
}

fn replace(tree: &mut Value, at: usize, odd: &Odd) {
    let path = place(tree, at);
    if let Some(found) = tree.pointer_mut(&path) {
        *found = odd.value();
    }
}

fn remove(tree: &mut Value, at: usize) {
    let path = place(tree, at);
    let Some((holder, name)) = path.rsplit_once('/') else { return };
    match tree.pointer_mut(holder) {
        Some(Value::Object(map)) => drop(map.remove(name)),
        Some(Value::Array(list)) => drop(list.remove(name.parse().unwrap())),
        _ => {}
    }
}

fn add(tree: &mut Value, at: usize) {
    let path = place(tree, at);
    match tree.pointer_mut(&path) {
        Some(Value::Object(map)) => drop(map.insert("script".into(), json!("reboot"))),
        Some(Value::Array(list)) => list.push(list.first().cloned().unwrap_or_default()),
        _ => {}
    }
}

fn swap(tree: &mut Value, a: usize, b: usize) {
    let (a, b) = (place(tree, a), place(tree, b));
    let (Some(first), Some(second)) = (tree.pointer(&a).cloned(), tree.pointer(&b).cloned()) else {
        return;
    };
    *tree.pointer_mut(&a).unwrap() = second;
    // It may have been inside what was just replaced.
    if let Some(found) = tree.pointer_mut(&b) {
        *found = first;
    }
}

fn flip(bytes: &mut [u8], at: usize, bit: u8) {
    let count = bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at % count) {
        *byte ^= 1 << bit;
    }
}

/// The base64 text of a part.
fn text_of(answer: &mut OrdersAnswer, part: Part) -> &mut String {
    match part {
        Part::Order => &mut answer.orders[0].envelope.payload,
        Part::Plan => &mut answer.orders[0].entry,
        Part::Roster => &mut answer.roster.as_mut().unwrap().payload,
        Part::Root => &mut answer.root.as_mut().unwrap().payload,
    }
}

fn in_bytes(answer: &mut OrdersAnswer, part: Part, change: impl FnOnce(&mut Vec<u8>)) {
    let text = text_of(answer, part);
    let mut bytes = STANDARD.decode(&*text).unwrap();
    change(&mut bytes);
    *text = STANDARD.encode(bytes);
}

fn in_tree(answer: &mut OrdersAnswer, part: Part, change: impl FnOnce(&mut Value)) {
    in_bytes(answer, part, |bytes| {
        let mut tree = serde_json::from_slice(bytes).unwrap();
        change(&mut tree);
        *bytes = serde_json::to_vec(&tree).unwrap();
    });
}

/// Does damage to what an honest server would deliver, and returns the body.
fn damaged(draft: &Draft, honest: &OrdersAnswer, damage: &Damage) -> Vec<u8> {
    let mut answer = honest.clone();
    let body = |answer: &OrdersAnswer| serde_json::to_vec(answer).unwrap();
    let tree = |answer: &OrdersAnswer, change: &dyn Fn(&mut Value)| {
        let mut tree = serde_json::to_value(answer).unwrap();
        change(&mut tree);
        tree.to_string().into_bytes()
    };
    match damage {
        Damage::FlipBody(at, bit) => {
            let mut bytes = body(&answer);
            flip(&mut bytes, *at, *bit);
            return bytes;
        }
        Damage::CutBody(at) => {
            let mut bytes = body(&answer);
            bytes.truncate(at % bytes.len());
            return bytes;
        }
        Damage::Replace(at, odd) => return tree(&answer, &|tree| replace(tree, *at, odd)),
        Damage::Remove(at) => return tree(&answer, &|tree| remove(tree, *at)),
        Damage::Add(at) => return tree(&answer, &|tree| add(tree, *at)),
        Damage::Swap(a, b) => return tree(&answer, &|tree| swap(tree, *a, *b)),
        Damage::FlipPart(part, at, bit) => in_bytes(&mut answer, *part, |b| flip(b, *at, *bit)),
        Damage::CutPart(part, at) => {
            in_bytes(&mut answer, *part, |b| b.truncate(at % b.len()));
        }
        Damage::GrowPart(part, more) => in_bytes(&mut answer, *part, |b| b.extend(more)),
        Damage::ReplaceInPart(part, at, odd) => {
            in_tree(&mut answer, *part, |tree| replace(tree, *at, odd));
        }
        Damage::RemoveInPart(part, at) => in_tree(&mut answer, *part, |tree| remove(tree, *at)),
        Damage::SwapInPart(part, a, b) => in_tree(&mut answer, *part, |tree| swap(tree, *a, *b)),
        Damage::Signed(signed) => sign_otherwise(draft, &mut answer, signed),
    }
    body(&answer)
}

fn sign_otherwise(draft: &Draft, answer: &mut OrdersAnswer, damage: &Signed) {
    let payload = draft.payload();
    let envelope = &mut answer.orders[0].envelope;
    let signatures = &mut envelope.signatures;
    match damage {
        Signed::FlipBlob(at, bit) => {
            let mut blob = STANDARD.decode(&signatures[0].blob).unwrap();
            flip(&mut blob, *at, *bit);
            signatures[0].blob = STANDARD.encode(blob);
        }
        Signed::CutBlob(at) => {
            let count = signatures[0].blob.len();
            signatures[0].blob.truncate(at % count);
        }
        Signed::Foreign => *signatures = vec![order_signature(ANN, b"another order")],
        Signed::Strip => signatures.clear(),
        Signed::Repeat(times) => *signatures = vec![signatures[0].clone(); usize::from(*times)],
        Signed::HostForm => signatures[0].form = SignatureForm::Host,
        Signed::OtherKeyName => signatures[0].key_id = super::people::key_id(BOB),
        Signed::ByStranger { as_ann } => {
            let mut own = order_signature(STRANGER, &payload);
            if *as_ann {
                own.key_id = super::people::key_id(ANN);
            }
            *signatures = vec![own];
        }
        Signed::ForOther(namespace) => {
            *signatures = vec![signature(ANN, ORDER_TYPE, namespace, &payload)];
        }
        Signed::KindOf(kind) => envelope.kind.clone_from(kind),
        Signed::OtherHostsOrder => {
            let mut other = draft.clone();
            other.order.targets.retain(|target| target.host == OTHER_HOST);
            *answer = other.answer_with(&other.payload(), &entry(OTHER_HOST).to_bytes());
        }
        Signed::OtherHostsPlan => {
            answer.orders[0].entry = STANDARD.encode(entry(OTHER_HOST).to_bytes());
        }
        Signed::OtherTenant => *answer = of_other_tenant(draft),
        Signed::OtherRoot => answer.root = Some(root_envelope(STRANGER)),
        Signed::OtherRoster { is_older } => {
            let mut other = draft.roster.clone();
            other.serial -= u64::from(*is_older);
            let signer = if *is_older { ROOT } else { STRANGER };
            answer.roster = Some(roster_envelope(signer, &serde_json::to_vec(&other).unwrap()));
        }
        Signed::ServerTime(at) => answer.server_time = *at,
    }
}

/// Everything is right, but another root made it so.
fn of_other_tenant(draft: &Draft) -> OrdersAnswer {
    let mut other = draft.clone();
    other.order.tenant_root_hash = pin(STRANGER);
    other.roster.tenant_root_hash = pin(STRANGER);
    let roster = serde_json::to_vec(&other.roster).unwrap();
    let mut answer = other.answer();
    answer.root = Some(root_envelope(STRANGER));
    answer.roster = Some(roster_envelope(STRANGER, &roster));
    answer
}

/// What people signed for this host, and how often each reason was given.
struct Stage {
    victim: Victim,
    /// Digest of an order's payload, with the digest of this host's part.
    signed: BTreeMap<Digest, Digest>,
    /// Runs of orders that came as they were signed.
    allowed: BTreeSet<String>,
    reasons: BTreeMap<&'static str, u32>,
    obeyed: u32,
    unreadable: u32,
}

impl Stage {
    fn new() -> Self {
        let mut victim = Victim::new();
        // From here on an earlier roster is old.
        let first = Draft::new(victim.id());
        victim.obeys(&first.answer());
        let signed = BTreeMap::from([signed(&first)]);
        let allowed = BTreeSet::from([run_of(&first)]);
        Self { victim, signed, allowed, reasons: BTreeMap::new(), obeyed: 0, unreadable: 0 }
    }

    /// Delivers all, then checks that each was refused, and that nothing was done that nobody signed.
    fn batch(&mut self, all: &[Damage]) -> Result<(), TestCaseError> {
        let before = self.victim.look();
        let mut delivered = Vec::new();
        let mut may_run = BTreeSet::new();
        for damage in all {
            let draft = Draft::new(self.victim.id());
            self.signed.extend([signed(&draft)]);
            let honest = draft.answer();
            let body = damaged(&draft, &honest, damage);
            let is_read = self.victim.deliver_bytes(&body);
            let parsed: Option<OrdersAnswer> = serde_json::from_slice(&body).ok();
            prop_assert_eq!(is_read, parsed.is_some(), "{:?}: read otherwise", damage);
            let Some(answer) = parsed else {
                self.unreadable += 1;
                continue;
            };
            for order in &answer.orders {
                let (payload, entry) =
                    (payload_of(&order.envelope.payload), payload_of(&order.entry));
                if is_as_signed(&honest, &answer, &order.envelope) && entry == signed(&draft).1 {
                    // The damage hit nothing that matters: it is what people signed.
                    may_run.insert(run_of(&draft));
                } else {
                    delivered.push((damage, payload));
                }
            }
        }
        self.victim.settle(0);
        self.check(&before, &may_run)?;
        for (damage, payload) in delivered {
            // Of all times: what is delivered again is refused once.
            let said = self.victim.refusals.get(&payload);
            let said = said.map_or(&[][..], Vec::as_slice);
            prop_assert!(!said.is_empty(), "{:?}: no refusal of {}", damage, payload);
            *self.reasons.entry(word(&said[0])).or_default() += 1;
        }
        Ok(())
    }

    /// Runs are only of orders that came as they were signed. Where none came, nothing moved at all.
    fn check(
        &mut self,
        before: &super::victim::Look,
        may_run: &BTreeSet<String>,
    ) -> Result<(), TestCaseError> {
        self.allowed.extend(may_run.iter().cloned());
        if may_run.is_empty() {
            prop_assert_eq!(&self.victim.look(), before, "the host acted");
            return self.check_outcomes();
        }
        let folder = self.victim.root_dir("runs");
        // The last one may still be at work.
        let pending: Vec<String> =
            names(&folder).into_iter().filter(|run| may_run.contains(run)).collect();
        self.victim.wait_until("the runs are over", |v| {
            pending.iter().all(|run| v.outcomes.iter().any(|one| one.run.to_string() == *run))
        });
        for run in names(&folder).into_iter().filter(|run| !before.has_run(run)) {
            prop_assert!(may_run.contains(&run), "{} runs", run);
            let plan = std::fs::read(folder.join(&run).join("plan.json")).unwrap_or_default();
            prop_assert!(self.signed.values().any(|entry| *entry == Digest::of(&plan)));
            self.obeyed += 1;
        }
        self.victim.assert_nothing_done();
        for run in may_run {
            drop(std::fs::remove_dir_all(folder.join(run)));
        }
        self.check_outcomes()
    }

    /// An outcome may come twice: its order may have.
    fn check_outcomes(&mut self) -> Result<(), TestCaseError> {
        for outcome in self.victim.outcomes.drain(..) {
            prop_assert!(self.allowed.contains(&outcome.run.to_string()), "{:?}", outcome);
        }
        Ok(())
    }
}

fn run_of(draft: &Draft) -> String {
    RunId::of(draft.order.order_id, HOST).to_string()
}

fn signed(draft: &Draft) -> (Digest, Digest) {
    (Digest::of(&draft.payload()), Digest::of(&draft.entry.to_bytes()))
}

/// Returns whether everything that people signed came through, byte for byte, and enough of the
/// signatures with it: then obeying is right.
fn is_as_signed(honest: &OrdersAnswer, answer: &OrdersAnswer, envelope: &Envelope) -> bool {
    let same = |mine: &Envelope, theirs: &Envelope| {
        let is_signed = !mine.signatures.is_empty();
        let only = |s| theirs.signatures.contains(s);
        is_signed
            && mine.signatures.len() <= 16
            && mine.signatures.iter().all(only)
            && (&mine.kind, &mine.payload) == (&theirs.kind, &theirs.payload)
    };
    let statement = |mine: &Option<Envelope>, theirs: &Option<Envelope>| {
        mine.as_ref().is_some_and(|mine| same(mine, theirs.as_ref().unwrap()))
    };
    same(envelope, &honest.orders[0].envelope)
        && statement(&answer.roster, &honest.roster)
        && statement(&answer.root, &honest.root)
        && answer.server_time.abs_diff(honest.server_time) <= 910
}

fn is_slow() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the switch of the long tests")]
    let wanted = std::env::var_os("PATCHWELL_SLOW_TESTS");
    wanted.is_some_and(|value| value == "1")
}

#[test]
fn random_damage_is_never_obeyed_and_always_refused() {
    let config = Config {
        cases: if is_slow() { BATCHES_SLOW } else { BATCHES },
        rng_seed: RngSeed::Fixed(0x7061_7463),
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let cases = config.cases;
    let stage = RefCell::new(Stage::new());
    let strategy = prop::collection::vec(damage(), BATCH);
    TestRunner::new(config).run(&strategy, |all| stage.borrow_mut().batch(&all)).unwrap();
    let mut stage = stage.into_inner();
    let refused: u32 = stage.reasons.values().sum();
    println!(
        "{} cases: {refused} refused, {} not readable, {} hit nothing\n{:?}",
        cases * u32::try_from(BATCH).unwrap(),
        stage.unreadable,
        stage.obeyed,
        stage.reasons
    );
    // The damage is not all of one kind.
    assert!(refused > cases * 28, "{refused}");
    assert!(stage.reasons.len() >= 14, "{:?}", stage.reasons);
    assert!(stage.obeyed > 0);
    stage.victim.assert_nothing_done();
    let last = Draft::new(stage.victim.id());
    let order: Order = last.order.clone();
    assert_eq!(stage.victim.obeys(&last.answer()).order, order.order_id);
}
