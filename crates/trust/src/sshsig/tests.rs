use super::*;
use crate::fixtures::{Authenticator, key, public, string};

const NAMESPACE: &str = "patch-order@patchwell";
const MESSAGE: &[u8] = b"DSSEv1 4 test 5 hello";

// Made with ssh-keygen (OpenSSH) -Y sign -n patch-order@patchwell over MESSAGE.
const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILVtn3w6fLQ35/lQA/W+5ZQwYU83G2Pyx+ZCkQmtkIjg test";
const ED25519_SHA512: &str = "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgtW2ffDp8tDfn+VAD9b7llDBhTzcbY/LH5kKRCa2QiOAAAAAVcGF0Y2gtb3JkZXJAcGF0Y2h3ZWxsAAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5AAAAQB13wzQRAmD+OgiwnA76uGbvjrfBjZuTVqOq/VIsFSdKPyyAScIALuqHzQhNHtiHf2JpM9iEKYVFJe9BKz9A9wg=";
const ED25519_SHA256: &str = "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgtW2ffDp8tDfn+VAD9b7llDBhTzcbY/LH5kKRCa2QiOAAAAAVcGF0Y2gtb3JkZXJAcGF0Y2h3ZWxsAAAAAAAAAAZzaGEyNTYAAABTAAAAC3NzaC1lZDI1NTE5AAAAQCLo2oWk8Fw0adQrR57n6f6F6xWB5+WUhZC786clyYwk3u4JTAAIz/XxiFQsW7/n4OkLzkVDuBNNV+aJ8oCasQA=";
const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHITln4xdhcR5JtdED5TpkictDUbwiR2DeLD2jzzHRkWnCUhG+ESDKdzbMdaBsAr9e1+RMQmu+wyKvJa3asiwz0= test";
const ECDSA_SHA512: &str = "U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAEEEchOWfjF2FxHkm10QPlOmSJy0NRvCJHYN4sPaPPMdGRacJSEb4RIMp3Nsx1oGwCv17X5ExCa77DIq8lrdqyLDPQAAABVwYXRjaC1vcmRlckBwYXRjaHdlbGwAAAAAAAAABnNoYTUxMgAAAGQAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAEkAAAAgKVm/SjVqJVQzJIan4nj+opyOhlhw++7Prk97xmZfFR4AAAAhAMAD7H+FQ2oDvL6iVraMt3fskg/EK4oryw9YTSOypotT";
const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCkFyJNmgiXnEuXRB+XilWPkzPkYZEBVFu0WXzkBUHnyo5Bcd+ztePtq7Tgu0YYIBqbSjyHJzTZnXofQ6r2HLvc889VBv1+6HeWK9u3RVBZwYqenUT0lTyHqDEMHIlDqcjA4BaFq3vvvRkLG83LYMKIKozKebaoPzkigE7ou4aRGHau8qKcLbxIlCL3LwziTO0w7Z9nTu0AbBtz1/FhJwE6BF30fKqc5/zWHwYhpTzVVcBpDXfRK9tdX8hc81WHuzX7ix2WftnOBfYQrq2mGu+eeIF8WUVdiqeN4OO6rVNQ0Ad75QBIxOnaNK71oArqau330yJos4b7LzvfpLIRkGklZ/XJVHbGvd9KgF7qHMNcanW9qfTMC0Ifav8J8n08sm5TXX49vOl8MAIkKVNoP385i7AwkotpR3ulEutr/lDvgIjNic5mrquOSlmbmnpDRRkxNZ82b8Lq63imsrtJlwYendQ4ras0Ry6eHQK3LP4MX9JuM13a23uJufOoYJwvGCk= test";

#[test]
fn signatures_of_ssh_keygen_verify() {
    for (key, blob) in [(ED25519, ED25519_SHA512), (ED25519, ED25519_SHA256), (ECDSA, ECDSA_SHA512)]
    {
        assert_eq!(verify(key, NAMESPACE, MESSAGE, blob, false), Ok(()));
        assert_eq!(verify(key, NAMESPACE, b"other", blob, false), Err(Refusal::BadSignature));
    }
}

#[test]
fn every_flipped_bit_of_a_blob_is_refused() {
    let authenticator = Authenticator::new(6);
    let hardware = authenticator.sign(NAMESPACE, MESSAGE, USER_PRESENT);
    let hardware_key = authenticator.public();
    for (key, blob) in
        [(ED25519, ED25519_SHA512), (ECDSA, ECDSA_SHA512), (&hardware_key, &hardware)]
    {
        let good = STANDARD.decode(blob).unwrap();
        for at in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            let blob = STANDARD.encode(bytes);
            assert!(verify(key, NAMESPACE, MESSAGE, &blob, false).is_err(), "bit {at}");
        }
        for cut in 0..good.len() {
            assert!(
                verify(key, NAMESPACE, MESSAGE, &STANDARD.encode(&good[..cut]), false).is_err()
            );
        }
        let longer = STANDARD.encode([good, vec![0]].concat());
        assert!(verify(key, NAMESPACE, MESSAGE, &longer, false).is_err());
    }
}

#[test]
fn a_signature_for_another_purpose_is_refused() {
    let blob = sign(&key(1), "git", MESSAGE).unwrap();
    let refusal = verify(&public(&key(1)), NAMESPACE, MESSAGE, &blob, false);
    assert_eq!(refusal, Err(Refusal::WrongNamespace { found: "git".to_owned() }));
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let blob = sign(&key(1), NAMESPACE, MESSAGE).unwrap();
    let refusal = verify(&public(&key(2)), NAMESPACE, MESSAGE, &blob, false);
    assert_eq!(refusal, Err(Refusal::BadSignature));
}

#[test]
fn other_algorithms_versions_and_hashes_are_refused() {
    let form = |found: &str| Err(Refusal::WrongForm { found: found.to_owned() });
    assert_eq!(key_id(RSA), Err(Refusal::WrongForm { found: "ssh-rsa".to_owned() }));
    assert_eq!(verify(RSA, NAMESPACE, MESSAGE, ED25519_SHA512, false), form("ssh-rsa"));
    let spoilt = |from: &[u8], to: &[u8]| {
        let bytes = STANDARD.decode(ED25519_SHA512).unwrap();
        let at = bytes.windows(from.len()).position(|part| part == from).unwrap();
        let bytes = [&bytes[..at], to, &bytes[at + from.len()..]].concat();
        verify(ED25519, NAMESPACE, MESSAGE, &STANDARD.encode(bytes), false)
    };
    assert_eq!(spoilt(b"SSHSIG\0\0\0\x01", b"SSHSIG\0\0\0\x02"), form("SSHSIG version 2"));
    assert_eq!(spoilt(b"SSHSIG\0\0\0\x01", b"SSHSIG\0\0\0\0"), form("SSHSIG version 0"));
    let hash = spoilt(&string(b"sha512"), &string(b"sha1"));
    assert_eq!(hash, form("SSHSIG with another hash"));
    let reserved = spoilt(
        &[&[0; 4], string(b"sha512").as_slice()].concat(),
        &[string(b"x"), string(b"sha512")].concat(),
    );
    assert_eq!(reserved, form("SSHSIG with a reserved field"));
}

#[test]
fn a_hardware_key_has_to_be_touched_and_to_verify_its_user_where_that_is_wanted() {
    let key = Authenticator::new(6);
    let with = |flags: u8, uv_required: bool| {
        let blob = key.sign(NAMESPACE, MESSAGE, flags);
        verify(&key.public(), NAMESPACE, MESSAGE, &blob, uv_required)
    };
    assert_eq!(with(USER_PRESENT, false), Ok(()));
    assert_eq!(with(USER_PRESENT | USER_VERIFIED, true), Ok(()));
    assert_eq!(with(0, false), Err(Refusal::NoPresence));
    assert_eq!(with(USER_VERIFIED, false), Err(Refusal::NoPresence));
    assert_eq!(with(USER_PRESENT, true), Err(Refusal::NoVerification));
}

#[test]
fn a_key_in_a_file_cannot_stand_in_for_one_that_verifies_its_user() {
    let refusal = verify(ED25519, NAMESPACE, MESSAGE, ED25519_SHA512, true);
    assert_eq!(refusal, Err(Refusal::NoVerification));
}

#[test]
fn the_id_is_what_ssh_keygen_prints() {
    let id = key_id(ED25519).unwrap();
    assert!(id.starts_with("SHA256:") && id.len() == 50, "{id}");
}
