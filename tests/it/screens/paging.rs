//! Lists in pages: a change between two pages neither repeats nor skips.

use rulegate::web::paging::{PageQuery, one_page};

fn page<'l>(list: &[&'l str], query: PageQuery) -> Vec<&'l str> {
    let paged = one_page(list, 2, &query, |item, key| (*item).cmp(key));
    list[paged.range].to_vec()
}

fn after(key: &str) -> PageQuery {
    PageQuery {
        after: key.to_owned(),
        ..PageQuery::default()
    }
}

fn before(key: &str) -> PageQuery {
    PageQuery {
        before: key.to_owned(),
        ..PageQuery::default()
    }
}

#[test]
fn a_change_between_two_pages_neither_repeats_nor_skips() {
    let list = ["b", "c", "d", "e", "f"];
    assert_eq!(page(&list, PageQuery::default()), ["b", "c"]);
    assert_eq!(page(&list, after("c")), ["d", "e"]);
    // One came in before, the one that was paged after is gone.
    assert_eq!(page(&["a", "b", "d", "e", "f"], after("c")), ["d", "e"]);
    assert_eq!(page(&list, before("d")), ["b", "c"]);
    assert_eq!(page(&["a", "b", "c", "d"], before("d")), ["b", "c"]);
}

#[test]
fn beyond_both_ends_stands_the_nearest_page() {
    let list = ["b", "c", "d"];
    assert_eq!(page(&list, after("z")), ["d"]);
    assert_eq!(page(&list, before("a")), ["b", "c"]);
    assert!(page(&[], after("a")).is_empty());
    assert!(page(&[], before("a")).is_empty());
}

#[test]
fn old_links_by_number_lead_somewhere() {
    let number = |page| PageQuery {
        page,
        ..PageQuery::default()
    };
    let list = ["b", "c", "d"];
    assert_eq!(page(&list, number(1)), ["d"]);
    assert_eq!(page(&list, number(usize::MAX)), ["d"]);
}

#[test]
fn links_name_the_ends_of_the_page() {
    let list = ["a b", "b", "c", "d", "e"];
    let paged = one_page(&list, 2, &after("b"), |item, key| (*item).cmp(key));
    let paged = paged.linked(&list, "/x?y=1", "#z", |item| (*item).to_owned());
    assert_eq!(paged.newer, "/x?y=1&before=c#z");
    assert_eq!(paged.older, "/x?y=1&after=d#z");
    assert_eq!(paged.words(), "3 to 4 of 5");
}
