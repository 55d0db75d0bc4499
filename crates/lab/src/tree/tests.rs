use super::*;

#[test]
fn only_the_sha256_part_of_a_release_counts() {
    let zeros = "0".repeat(64);
    let text = format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nMD5Sum:\n \
         d41d8cd98f00b204e9800998ecf8427e 0 main/a\nSHA256:\n {zeros} 12 main/b.xz\n\
         -----BEGIN PGP SIGNATURE-----\n"
    );
    let lists = lists_of(&text);
    assert_eq!(lists.len(), 1);
    assert_eq!(lists["main/b.xz"].to_string(), zeros);
}

#[test]
fn files_that_apt_names_are_read_with_their_digests() {
    let digest = "a".repeat(64);
    let text = format!(
        "@ new\n'http://deb.debian.org/debian/pool/main/c/curl/curl_7%2bdeb12u9_amd64.deb' \
         curl_7+deb12u9_amd64.deb 315000 SHA256:{digest}\n@ old\n"
    );
    let wanted = parse_uris(&text);
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0].sha256.map(|digest| digest.to_string()), Some(digest));
    assert!(wanted[0].url.ends_with("curl_7%2bdeb12u9_amd64.deb"));
}
