//! Names of versions.

use rulegate_ledger::version::VersionName;

#[test]
fn a_hotfix_names_its_site_and_number() {
    let name: VersionName = "4.16.0+ipc1.2".parse().unwrap();
    assert_eq!(name.planned_part(), "4.16.0");
    assert_eq!(name.hotfix_origin().unwrap().1, 2);
    for bad in [
        "",
        "+ipc1.2",
        "4+x",
        "4+ipc1.",
        "a b",
        "4+ipc1.2+ipc1.3",
        "-1",
    ] {
        assert!(bad.parse::<VersionName>().is_err(), "{bad}");
    }
}
