use super::*;

fn texts(document: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let limits = Limits { depth_max: 8, string_bytes_max: 64, ..Limits::default() };
    read(document.as_bytes(), ("test", "r"), &["e"], &limits, &mut |entry| {
        found.push(format!("{}={}", entry.attribute("a"), entry.text()));
        Ok(())
    })
    .map(|()| found)
    .map_err(|refused| refused.to_string())
}

#[test]
fn entries_come_one_after_the_other_without_prefixes() {
    let document = "<?xml version='1.0'?><x:r xmlns:x='u'><l><x:e a='1&amp;2'> a &lt;<!-- c --> b&#65;\
        <![CDATA[<&]]></x:e></l><e/></x:r>";
    assert_eq!(texts(document).unwrap(), ["1&2=a < bA<&", "="]);
}

#[test]
fn what_could_reach_outside_or_grow_is_refused() {
    let refused = |document: &str| texts(document).unwrap_err();
    assert!(refused("<!DOCTYPE r [<!ENTITY x 'y'>]><r><e/></r>").contains("DTD"));
    assert!(refused("<r><e>&x;</e></r>").contains("entity"));
    assert!(refused("<r><e a='&x;'/></r>").contains("entity"));
    assert!(refused("<r><e></r>").contains("no test"));
    assert!(refused("<r><e>").contains("cut off"));
    assert!(refused("").contains("cut off"));
    assert!(refused("<r/><r/>").contains("root"));
    assert!(refused("<s><e/></s>").contains("root"));
    assert!(refused(&format!("<r>{}", "<d>".repeat(9))).contains("nested"));
    assert!(refused(&format!("<r><e>{}</e></r>", "x".repeat(65))).contains("string"));
    let attributes: String = (0..65).map(|n| format!(" a{n}=''")).collect();
    assert!(refused(&format!("<r><e{attributes}/></r>")).contains("attributes"));
}
