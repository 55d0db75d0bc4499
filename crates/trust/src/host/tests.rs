use super::*;
use crate::fixtures::{key, public};
use model::outcome::OUTCOME_TYPE;

const HOST: HostId = HostId(3);

#[test]
fn what_a_host_signed_verifies_with_its_key_only() {
    let envelope = sign(&key(4), HOST, OUTCOME_TYPE, b"{}").unwrap();
    assert_eq!(verify(&public(&key(4)), &envelope), Ok(b"{}".to_vec()));
    assert_eq!(envelope.signatures[0].key_id, HOST.to_string());
    assert_eq!(verify(&public(&key(5)), &envelope), Err(Refusal::BadSignature));
}

#[test]
fn an_altered_outcome_does_not_verify() {
    let good = sign(&key(4), HOST, OUTCOME_TYPE, b"{}").unwrap();
    let refused = |change: fn(&mut Envelope)| {
        let mut envelope = good.clone();
        change(&mut envelope);
        verify(&public(&key(4)), &envelope).unwrap_err()
    };
    assert_eq!(refused(|e| e.kind = "patch-refusal/v1".to_owned()), Refusal::BadSignature);
    assert_eq!(refused(|e| e.payload = STANDARD.encode("[]")), Refusal::BadSignature);
    assert_eq!(refused(|e| e.signatures.clear()), Refusal::BadSignature);
    assert_eq!(refused(|e| e.signatures.push(e.signatures[0].clone())), Refusal::BadSignature);
    let form = refused(|e| e.signatures[0].form = SignatureForm::Sshsig);
    assert_eq!(form, Refusal::WrongForm { found: "sshsig".to_owned() });
}
