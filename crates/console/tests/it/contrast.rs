//! Every pair of text and ground that the style sheet uses keeps the contrast of WCAG AA, in both
//! schemes.

const STYLE: &str = include_str!("../../assets/console.css");

/// Text colours with the grounds that they stand on.
const PAIRS: [(&str, &[&str]); 9] = [
    ("text", &["ground", "card", "raised", "code", "good-ground", "warn-ground"]),
    ("soft", &["ground", "card", "raised", "quiet-ground"]),
    ("link", &["ground", "card", "raised"]),
    ("good", &["good-ground", "card"]),
    ("busy", &["busy-ground", "card"]),
    ("wait", &["quiet-ground"]),
    ("warn", &["warn-ground", "card", "raised"]),
    ("bad", &["bad-ground", "card", "raised"]),
    ("accent-text", &["accent"]),
];

fn colour(scheme: &str, role: &str) -> [f64; 3] {
    let mark = format!("--{role}: #");
    let start = scheme.find(&mark).unwrap_or_else(|| panic!("{role} has a colour")) + mark.len();
    let part = |at: usize| {
        let byte = u8::from_str_radix(&scheme[start + at..start + at + 2], 16).unwrap();
        let share = f64::from(byte) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    [part(0), part(2), part(4)]
}

fn contrast(scheme: &str, text: &str, ground: &str) -> f64 {
    let light = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    let (a, b) = (light(colour(scheme, text)), light(colour(scheme, ground)));
    a.max(b) / a.min(b)
}

#[test]
fn text_can_be_read_in_both_schemes() {
    let (light, rest) = STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let (dark, _) = rest.split_once("*, *::before").unwrap();
    for (name, scheme) in [("light", light), ("dark", dark)] {
        for (text, grounds) in PAIRS {
            for ground in grounds {
                let contrast = contrast(scheme, text, ground);
                assert!(contrast >= 4.5, "{name}: {text} on {ground} is {contrast:.2}");
            }
        }
        // Borders of fields: AA asks 3 for what is not text.
        assert!(contrast(scheme, "line-strong", "card") >= 3.0, "{name}: field borders");
    }
}
