use super::*;
use proptest::prelude::*;

/// What grub-mkconfig wrote for a Debian 12 with two kernels, and a grubenv with both choices set.
const MENU: &str = include_str!("../../../tests/data/boot/grub.cfg");
const ENV: &str = include_str!("../../../tests/data/boot/grubenv");
const CLOUD: &str = "/boot/vmlinuz-6.1.0-56-cloud-amd64";
const PLAIN: &str = "/boot/vmlinuz-6.1.0-56-amd64";

/// The same menu with another default.
fn with_default(value: &str) -> String {
    assert!(MENU.contains("set default=\"0\""));
    MENU.replace("set default=\"0\"", &format!("set default=\"{value}\""))
}

fn image(menu: &str, env: &str) -> String {
    grub_image(menu, env).unwrap_or_default()
}

#[test]
fn without_any_choice_grub_starts_its_first_entry() {
    assert_eq!(image(MENU, ""), CLOUD);
    assert_eq!(release_of_image(CLOUD), Some("6.1.0-56-cloud-amd64"));
}

#[test]
fn a_saved_entry_counts_only_where_the_menu_asks_for_it() {
    let saved = ENV.lines().filter(|line| !line.starts_with("next_entry=")).collect::<Vec<_>>();
    let saved = saved.join("\n");
    assert_eq!(image(MENU, &saved), CLOUD);
    assert_eq!(image(&with_default("${saved_entry}"), &saved), PLAIN);
    assert_eq!(image(&with_default("${saved_entry}"), ""), CLOUD, "nothing saved yet");
}

#[test]
fn the_choice_for_one_boot_comes_first() {
    assert!(ENV.contains("next_entry=Advanced options for Debian GNU/Linux>"));
    assert_eq!(image(&with_default("${saved_entry}"), ENV), CLOUD);
    let once = "next_entry=1>2\n####";
    assert_eq!(image(MENU, once), PLAIN);
    let without = MENU.replace("${next_entry}", "0");
    assert_eq!(image(&without, once), CLOUD, "a menu that never looks at it");
}

#[test]
fn numbers_titles_and_ids_name_entries() {
    let titled =
        "Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-56-amd64";
    for value in
        ["1>2", titled, "gnulinux-advanced-/dev/vda>gnulinux-6.1.0-56-amd64-advanced-/dev/vda"]
    {
        assert_eq!(image(&with_default(value), ""), PLAIN, "{value}");
    }
    for value in ["0", "1", "1>0", "gnulinux-advanced-/dev/vda", "", "7", "gone", "1>gone"] {
        assert_eq!(image(&with_default(value), ""), CLOUD, "{value}");
    }
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    assert_eq!(image(&with_default("${something}"), ""), "");
    assert_eq!(image("", ""), "");
    let other = "menuentry 'Windows' {\n\tchainloader +1\n}\n";
    assert_eq!(image(&format!("{other}{MENU}"), ""), "", "it starts another system");
    let maybe = format!("if [ -f /x ]; then\n{other}fi\n{MENU}");
    assert_eq!(image(&maybe, ""), "", "the first entry may not be there");
    let named = maybe.replace("set default=\"0\"", "set default=\"gnulinux-simple-/dev/vda\"");
    assert_eq!(image(&named, ""), CLOUD, "a name means the same in both cases");
    let endless = "submenu 'a' {\n".repeat(DEPTH_MAX + 1);
    assert_eq!(image(&endless, ""), "");
    assert_eq!(image(&"menuentry 'a' {\n}\n".repeat(ENTRIES_MAX + 1), ""), "");
}

#[test]
fn below_xen_the_kernel_is_a_module() {
    let menu = "menuentry 'Debian, with Xen' {\n multiboot2 /boot/xen-4.17-amd64.gz\n\
        module2 /boot/vmlinuz-6.1.0-50-amd64 placeholder root=/dev/sda1\n\
        module2 --nounzip /boot/initrd.img-6.1.0-50-amd64\n}\n";
    assert_eq!(image(menu, ""), "/boot/vmlinuz-6.1.0-50-amd64");
}

#[test]
fn titles_are_read_as_a_shell_would() {
    let menu = "menuentry 'It'\\''s >> \"it\"' --id x {\n linux /vmlinuz-1.2 # no\n}\n\
        menuentry \"two\" {\n linux /vmlinuz-2.0\n}\nset default='It'\\''s >>>> \"it\"'\n";
    assert_eq!(image(menu, ""), "/vmlinuz-1.2");
    assert_eq!(image(&menu.replace("It'\\''s >>>> \"it\"", "two"), ""), "/vmlinuz-2.0");
}

#[test]
fn only_names_with_a_release_tell_one() {
    assert_eq!(release_of_image("/vmlinuz-6.1.0-50-amd64"), Some("6.1.0-50-amd64"));
    assert_eq!(
        release_of_image("/boot/vmlinux-6.1.0-50-powerpc64le"),
        Some("6.1.0-50-powerpc64le")
    );
    for path in ["/vmlinuz", "/boot/vmlinuz-", "/boot/vmlinuz-rescue", "/boot/bzImage", ""] {
        assert_eq!(release_of_image(path), None, "{path}");
    }
}

/// An entry as kernel-install of Debian 12 writes it.
fn entry(release: &str, more: &str) -> LoaderEntry {
    let machine = "9b1f2f6f4c5e4d4f8a2b6f1f3f0d7c11";
    let text = format!(
        "# Boot Loader Specification type#1 entry\ntitle      Debian GNU/Linux 12 (bookworm)\n\
         version    {release}\nmachine-id {machine}\nsort-key   debian\noptions    root=/dev/sda2\n\
         linux      /{machine}/{release}/linux\ninitrd     /{machine}/{release}/initrd.img\n"
    );
    loader_entry(&format!("{machine}-{release}{more}.conf"), &text)
}

fn entries() -> Vec<LoaderEntry> {
    vec![entry("6.1.0-9-amd64", ""), entry("6.1.0-50-amd64", ""), entry("6.1.0-48-amd64", "")]
}

fn started(config: &str, choice: &LoaderChoice) -> String {
    loader_release(config, choice, entries()).unwrap_or_default()
}

#[test]
fn without_any_choice_systemd_boot_starts_the_newest() {
    assert_eq!(started("timeout 3\n#default x\n", &LoaderChoice::default()), "6.1.0-50-amd64");
    assert_eq!(loader_release("", &LoaderChoice::default(), vec![]), None);
}

#[test]
fn choices_of_systemd_boot_come_in_their_order() {
    let config = "timeout 3\ndefault *-6.1.0-48-*\n";
    assert_eq!(started(config, &LoaderChoice::default()), "6.1.0-48-amd64");
    let id = "9B1F2F6F4C5E4D4F8A2B6F1F3F0D7C11-6.1.0-9-amd64.conf";
    let mut choice = LoaderChoice { default: id.to_owned(), ..LoaderChoice::default() };
    assert_eq!(started(config, &choice), "6.1.0-9-amd64");
    choice.once = "*-6.1.0-50-amd64".to_owned();
    assert_eq!(started(config, &choice), "6.1.0-50-amd64");
    let last = LoaderChoice { last: "*-6.1.0-9-amd64".to_owned(), ..LoaderChoice::default() };
    assert_eq!(started("default @saved\n", &last), "6.1.0-9-amd64");
    assert_eq!(started("default gone*\n", &LoaderChoice::default()), "6.1.0-50-amd64");
}

#[test]
fn an_entry_whose_tries_ran_out_comes_last() {
    let all = vec![entry("6.1.0-50-amd64", "+0-3"), entry("6.1.0-48-amd64", "+2-1")];
    let chosen = loader_release("", &LoaderChoice::default(), all).unwrap_or_default();
    assert_eq!(chosen, "6.1.0-48-amd64");
}

#[test]
fn an_entry_without_a_version_is_known_by_its_image() {
    let folder = loader_entry("a.conf", "linux /0123/6.1.0-50-amd64/linux\n");
    let image = loader_entry("b.conf", "linux /vmlinuz-6.1.0-49-amd64\n");
    let of = |entry| loader_release("", &LoaderChoice::default(), vec![entry]);
    assert_eq!(of(folder).as_deref(), Some("6.1.0-50-amd64"));
    assert_eq!(of(image).as_deref(), Some("6.1.0-49-amd64"));
    assert_eq!(of(loader_entry("c.conf", "efi /shell.efi\n")), None);
}

#[test]
fn patterns_match_whole_names() {
    let fits = |pattern: &str, text: &str| matches(pattern.as_bytes(), text.as_bytes());
    assert!(fits("*", "") && fits("a*c", "abc") && fits("a?c", "abc") && fits("**c", "abc"));
    assert!(!fits("a", "ab") && !fits("a*d", "abc") && !fits("", "a") && !fits("?", ""));
    let long = "a".repeat(20_000);
    assert!(!fits(&format!("{}b", "*a".repeat(2_000)), &long), "and in no time");
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(odd in "\\PC{0,200}", lines in "[ -~\n\t]{0,200}", cut in 0..5_000_usize) {
        let menu = MENU.get(..cut).unwrap_or(MENU);
        for (config, env) in [(&*odd, &*lines), (&*lines, &*odd), (menu, &*lines)] {
            let _read = grub_image(config, env);
            let entry = loader_entry(env, config);
            let choice = LoaderChoice { once: odd.clone(), ..LoaderChoice::default() };
            let _read = loader_release(config, &choice, vec![entry]);
        }
    }
}
