//! `approve`: shows an order from the bytes that are signed, then signs them.

use crate::client::{self, Client};
use crate::config::Paths;
use crate::error::{Failure, Kind};
use crate::owner::{self, Trust};
use crate::render::{self, Threshold};
use crate::signing::{self, Proposal, Wish};
use crate::{clock, keys, output};
use clap::Args;
use model::OrderId;
use model::change::{ChangeState, ChangeView};
use model::order::{ORDER_NAMESPACE, ORDER_TYPE, WindowSpan};
use model::wire::{ApproveAnswer, ApproveRequest, Envelope, OrderDraft};
use ssh_key::PrivateKey;

/// Show what a change will do, then sign it with your key
///
/// Hosts obey only what is signed here. If somebody signed before you, you sign the same order.
#[derive(Args)]
pub(crate) struct Approve {
    /// Change id, or its first digits
    id: String,

    #[command(flatten)]
    options: Options,
}

/// What can be said beside the change; `undo` has the same.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Work starts only in this span: START..END, each as 2026-03-07T02:00:00Z or
    /// 2026-03-07T02:00[Europe/Berlin]
    #[arg(long, value_name = "START..END", value_parser = signing::window)]
    window: Option<WindowSpan>,

    /// Hours until the order dies
    #[arg(long, value_name = "HOURS", default_value_t = 24, conflicts_with = "window")]
    valid: u32,

    /// Sign without asking
    #[arg(long)]
    yes: bool,

    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Approve {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        sign(&client, paths, &self.id, &self.options)
    }
}

/// Fetches, shows, asks, signs, sends.
pub(crate) fn sign(
    client: &Client,
    paths: &Paths,
    id: &str,
    options: &Options,
) -> Result<(), Failure> {
    let id = client::part(id)?;
    let change: ChangeView = client.get(&format!("/changes/{id}"))?;
    let draft: OrderDraft = client.get(&format!("/changes/{}/order", change.id))?;
    let key = keys::load(&paths.config.join(keys::APPROVER))?;
    let trust = owner::read(paths)?;
    signing::same_root(&draft, trust.as_ref())?;
    let wish = Wish { window: options.window, valid_hours: options.valid };
    let order_id = OrderId(u128::from_be_bytes(keys::random()?));
    let proposal = signing::propose(&change, &draft, wish, (order_id, clock::now()))?;
    let threshold = threshold(&change, &proposal, &key, trust.as_ref())?;
    let text = render::order(&proposal, &threshold, &clock::zone());
    let print = if options.json { output::note } else { output::say };
    print(&text);
    if !options.yes && !output::ask("\nsign?") {
        return Err(Failure::new(Kind::Refused, "not signed").hint("`--yes` signs without asking"));
    }
    let envelope = signed(&proposal, &key)?;
    checked(&envelope, trust.as_ref())?;
    let path = format!("/changes/{}/order", change.id);
    let answer: ApproveAnswer = client.put(&path, &ApproveRequest { envelope })?;
    told(&change, &answer, options.json);
    Ok(())
}

fn signed(proposal: &Proposal, key: &PrivateKey) -> Result<Envelope, Failure> {
    let signature = owner::signature(key, ORDER_TYPE, ORDER_NAMESPACE, &proposal.payload)?;
    match &proposal.envelope {
        None => Ok(trust::envelope::seal(ORDER_TYPE, &proposal.payload, vec![signature])),
        Some(envelope) if envelope.signatures.iter().any(|s| s.key_id == signature.key_id) => {
            Err(Failure::user("you have signed this order already")
                .hint("another person has to sign it now, on another machine"))
        }
        Some(envelope) => {
            let mut envelope = envelope.clone();
            envelope.signatures.push(signature);
            Ok(envelope)
        }
    }
}

/// Checks with the roster what hosts would say of the signatures, before anybody waits for a host.
fn checked(envelope: &Envelope, trust: Option<&Trust>) -> Result<(), Failure> {
    let Some(trust) = trust else { return Ok(()) };
    trust::order::approvals(envelope, &trust.verified).map(|_| ()).map_err(|refusal| {
        Failure::new(Kind::Refused, "hosts would refuse this signature").because(&refusal)
    })
}

fn threshold(
    change: &ChangeView,
    proposal: &Proposal,
    key: &PrivateKey,
    trust: Option<&Trust>,
) -> Result<Threshold, Failure> {
    let key_id = keys::id(key);
    let theirs = change.approvals.iter().map(|approval| approval.person.clone()).collect();
    let Some(trust) = trust else {
        let need = match change.state {
            ChangeState::Planned { need, .. } => need,
            ChangeState::Approved
            | ChangeState::Running
            | ChangeState::Halted { .. }
            | ChangeState::Stopped { .. }
            | ChangeState::Completed { .. }
            | ChangeState::Expired => 0,
        };
        let (signer, is_wide, is_verified) = (key_id, false, false);
        return Ok(Threshold { need, is_wide, is_verified, signed: theirs, signer });
    };
    // Thresholds follow from the order alone, so they are known before anybody signs.
    let unsigned = trust::envelope::seal(ORDER_TYPE, &proposal.payload, Vec::new());
    let envelope = proposal.envelope.as_ref().unwrap_or(&unsigned);
    let so_far = trust::order::approvals(envelope, &trust.verified).map_err(|refusal| {
        Failure::new(Kind::Refused, "the order cannot be signed").because(&refusal)
    })?;
    let person = trust
        .verified
        .roster
        .persons
        .iter()
        .find(|person| person.keys.iter().any(|known| known.key_id == key_id));
    let person = person.ok_or_else(|| {
        Failure::new(Kind::Refused, format!("your key {key_id} is not in the roster"))
            .hint("the owner of the tenant root can add it")
    })?;
    Ok(Threshold {
        need: so_far.need,
        is_wide: so_far.is_wide,
        is_verified: true,
        signed: so_far.signers.into_iter().map(|signer| signer.person).collect(),
        signer: person.person_id.clone(),
    })
}

fn told(change: &ChangeView, answer: &ApproveAnswer, json: bool) {
    if json {
        output::json(answer);
        return;
    }
    let have = answer.approvals.len();
    output::say(&format!("\nsigned: {} of {}, {}", have, answer.need, answer.order));
    if have >= usize::try_from(answer.need).unwrap_or(usize::MAX) {
        output::note(&format!("hint: follow it with `patchwell watch {}`", change.id));
    } else {
        output::note("hint: another person signs with the same command on their machine");
    }
}
