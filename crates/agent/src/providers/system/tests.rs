use super::*;
use proptest::prelude::*;

#[test]
fn os_release_is_read_as_a_shell_would() {
    let text = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\n# ID=no\nID=debian\n\
        NAME='It\\'s'\nEMPTY=\n";
    let all = os_release(text);
    assert_eq!(all["PRETTY_NAME"], "Debian GNU/Linux 12 (bookworm)");
    assert_eq!(all["ID"], "debian");
    assert_eq!(all["NAME"], "It's");
    assert_eq!(all["EMPTY"], "");
}

#[test]
fn only_replaced_code_counts() {
    let maps = "\
7f10a000-7f10b000 r-xp 00001000 08:01 1311 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f10b000-7f10c000 r-xp 00001000 08:01 1311 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f10c000-7f10d000 rw-p 00001000 08:01 1312 /var/lib/app/data (deleted)
7f10d000-7f10e000 rwxp 00000000 00:01 77   /memfd:jit (deleted)
7f10e000-7f10f000 r-xp 00000000 00:01 78   /dev/zero (deleted)
7f10f000-7f110000 r-xp 00000000 00:01 79   /tmp/.org.chromium.X (deleted)
7f110000-7f111000 r-xp 00000000 08:01 80   /usr/lib/with space/libx.so (deleted)
7f111000-7f112000 r-xp 00000000 08:01 81   /usr/lib/libfine.so
";
    assert_eq!(
        deleted_code(maps),
        ["/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/lib/with space/libx.so"]
    );
}

#[test]
fn units_are_the_outermost_service_or_scope() {
    assert_eq!(unit("0::/system.slice/ssh.service\n"), "ssh.service");
    assert_eq!(unit("0::/user.slice/user-1000.slice/session-3.scope\n"), "session-3.scope");
    assert_eq!(
        unit("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n"),
        "user@1000.service"
    );
    assert_eq!(unit("12:cpu:/\n1:name=systemd:/system.slice/cron.service\n"), "cron.service");
    assert_eq!(unit("0::/\n"), "");
}

#[test]
fn starts_are_read_past_odd_program_names() {
    let stat = "1 (a ) b (c) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 2417 169902080 3281";
    assert_eq!(start_ticks(stat), Some(2417));
    assert_eq!(machine_booted_at("cpu 1 2\nbtime 1795573316\nprocesses 5\n"), Some(1_795_573_316));
}

#[test]
fn the_newest_kernel_is_newest_by_version_not_by_text() {
    let packages = [
        "linux-image-amd64",
        "linux-image-6.1.0-9-amd64",
        "linux-image-6.1.0-31-amd64",
        "linux-image-6.1.0-31-amd64-dbg",
        "linux-image-unsigned-6.1.0-28-amd64",
        "linux-image-cloud-amd64",
        "bash",
    ];
    let newest = newest_kernel(packages.iter().filter_map(|name| kernel_of_package(name)));
    assert_eq!(newest, "6.1.0-31-amd64");
    assert_eq!(newest_kernel(std::iter::empty()), "");
}

#[test]
fn a_reboot_is_due_for_a_newer_kernel_and_for_a_newer_build_of_the_same() {
    let build = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.128-1 (2025-02-07)";
    let reason = kernel_reason("6.1.0-31-amd64", "6.1.0-32-amd64", build, "6.1.128-1");
    assert!(
        matches!(reason, Some(RebootReason::Kernel { newest, .. }) if newest == "6.1.0-32-amd64")
    );
    let reason = kernel_reason("6.1.0-31-amd64", "6.1.0-31-amd64", build, "6.1.129-1");
    assert!(
        matches!(reason, Some(RebootReason::Kernel { newest, .. }) if newest == "6.1.0-31-amd64 (6.1.129-1)")
    );
    assert_eq!(kernel_reason("6.1.0-31-amd64", "6.1.0-31-amd64", build, "6.1.128-1"), None);
    assert_eq!(kernel_reason("6.18.44", "", "#1 SMP", ""), None);
}

#[test]
fn a_kernel_names_its_package_version_on_debian_and_ubuntu() {
    let debian = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.170-3 (2026-05-08)";
    assert_eq!(kernel_build(debian, ""), Some("6.1.170-3"));
    let backport = "#1 SMP PREEMPT_DYNAMIC Debian 6.12.12-1~bpo12+1 (2025-02-23)";
    assert_eq!(kernel_build(backport, ""), Some("6.12.12-1~bpo12+1"));
    let ubuntu = "Ubuntu 6.5.0-14.14~22.04.1-generic 6.5.3\n";
    assert_eq!(kernel_build("#14~22.04.1-Ubuntu SMP", ubuntu), Some("6.5.0-14.14~22.04.1"));
    let cloud = "Ubuntu 5.15.0-1052.57-aws 5.15.131";
    assert_eq!(kernel_build("#57-Ubuntu SMP", cloud), Some("5.15.0-1052.57"));
    assert_eq!(kernel_build("#1 SMP PREEMPT_DYNAMIC @0", ""), None);
    assert_eq!(kernel_build("Debian ", "Ubuntu "), None);
}

#[test]
fn who_asked_for_a_reboot_is_named() {
    let package = |name: &str| RebootReason::Package { name: name.to_owned() };
    assert_eq!(
        reboot_reasons(Some("libc6\nlinux-base\n\nlibc6\n")),
        [package("libc6"), package("linux-base")]
    );
    assert_eq!(reboot_reasons(None), [RebootReason::Unnamed]);
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}", lines in "[ -~\n]{0,200}") {
        for text in [&text, &lines] {
            drop((os_release(text), deleted_code(text), unit(text), start_ticks(text)));
            drop((machine_booted_at(text), kernel_of_package(text), reboot_reasons(Some(text))));
            drop(kernel_reason(text, text, text, text));
            let _version = kernel_build(text, text);
        }
    }
}
