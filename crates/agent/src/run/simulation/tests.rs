use super::*;
use crate::run::transaction::tests::{plan, step};

/// Recorded from apt 2.6.1 on Debian 12, shortened.
const APT: &str = "\
Reading package lists...
The following packages will be upgraded:
  libperl5.36 libssl3:i386 perl-modules-5.36
Inst libperl5.36 [5.36.0-7+deb12u3] (5.36.0-7+deb12u4 local-deb [amd64]) [perl:amd64 ]
Inst libssl3:i386 [3.0.20-1~deb12u2] (3.0.22-1~deb12u2 local-deb [i386]) []
Inst perl-modules-5.36 (5.36.0-7+deb12u4 local-deb [all])
Conf libperl5.36 (5.36.0-7+deb12u4 local-deb [amd64])
";

fn planned() -> PlanHost {
    plan(vec![
        step("libperl5.36", "amd64", "5.36.0-7+deb12u3", "5.36.0-7+deb12u4"),
        step("libssl3", "i386", "3.0.20-1~deb12u2", "3.0.22-1~deb12u2"),
        step("perl-modules-5.36", "all", "", "5.36.0-7+deb12u4"),
    ])
}

#[test]
fn what_apt_says_is_read_and_equals_the_plan() {
    assert_eq!(moves(APT).len(), 3);
    assert_eq!(compare(&planned(), &moves(APT), false), Ok(()));
}

#[test]
fn anything_more_less_or_else_is_something_else_than_planned() {
    let with = |line: &str| format!("{APT}{line}\n");
    let cases = [
        with("Remv less [590-2]"),
        with("Purg less [590-2]"),
        with("Inst less [590-2] (590-3 local-deb [amd64])"),
        with("Inst less something new"),
        APT.replace("(3.0.22-1~deb12u2 local-deb [i386])", "(3.0.22-2 local-deb [i386])"),
        APT.replace("[3.0.20-1~deb12u2]", "[3.0.19-1]"),
        APT.replace("local-deb [i386]", "local-deb [amd64]"),
        APT.replace("Inst perl-modules", "Keep perl-modules"),
    ];
    for case in cases {
        assert!(compare(&planned(), &moves(&case), false).is_err(), "{case}");
    }
}

#[test]
fn a_repair_may_have_less_to_do_but_nothing_else() {
    let rest = "Inst libssl3:i386 [3.0.20-1~deb12u2] (3.0.22-1~deb12u2 local-deb [i386])\n";
    assert!(compare(&planned(), &moves(rest), false).is_err());
    assert_eq!(compare(&planned(), &moves(rest), true), Ok(()));
    assert_eq!(compare(&planned(), &moves(""), true), Ok(()));
    assert!(compare(&planned(), &moves("Remv less [1]\n"), true).is_err());
}

#[test]
fn a_long_list_of_differences_is_cut() {
    let text: String = (0..100).map(|n| format!("Remv package-{n} [1]\n")).collect();
    let Err(BlockReason::OtherThanPlanned { text }) = compare(&planned(), &moves(&text), true)
    else {
        panic!("removals are no repair");
    };
    assert!(text.len() < 500);
}
