//! The tree against the vectors of RFC 6962's reference and against a plain reading of the definition.

use rulegate_ledger::digest::Digest;
use rulegate_ledger::merkle::{
    Frontier, Leaves, TILE_LEAVES, Tree, is_consistent, is_included, leaf, node,
};

/// Leaves and roots that implementations of Certificate Transparency share.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_those_of_the_shared_vectors() {
    let mut frontier = Frontier::default();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(frontier.root().to_hex(), empty);
    for (text, root) in LEAVES.iter().zip(ROOTS) {
        frontier.push(&hex::decode(text).unwrap());
        assert_eq!(frontier.root().to_hex(), root);
    }
}

fn bytes(number: u64) -> Vec<u8> {
    format!("leaf {number}").into_bytes()
}

/// MTH as the RFC defines it.
fn plain_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [only] => *only,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(middle);
            node(&plain_root(left), &plain_root(right))
        }
    }
}

fn grown(size: u64) -> (Tree, Vec<Digest>) {
    let mut tree = Tree::default();
    let mut leaves = Vec::new();
    for number in 0..size {
        tree.push(&bytes(number));
        leaves.push(leaf(&bytes(number)));
    }
    (tree, leaves)
}

fn tiles(leaves: &[Digest], needed: impl IntoIterator<Item = u64>) -> Leaves {
    let tile = |number: u64| {
        let from = (number * TILE_LEAVES) as usize;
        let to = leaves.len().min(from + TILE_LEAVES as usize);
        (number, leaves[from..to].to_vec())
    };
    needed.into_iter().map(tile).collect()
}

#[test]
fn every_proof_of_small_trees_holds_and_no_other_does() {
    let (tree, leaves) = grown(40);
    let root = |size: u64| plain_root(&leaves[..size as usize]);
    for to in 0..=40u64 {
        for from in 0..=to {
            let needed = tiles(&leaves, tree.needed_for_consistency(from, to));
            let proof = tree.prove_consistency(from, to, &needed).unwrap();
            assert!(
                is_consistent((from, root(from)), (to, root(to)), &proof),
                "{from} to {to}"
            );
            let other = Digest::of(b"other");
            assert!(!is_consistent((from, other), (to, root(to)), &proof));
            if from > 0 {
                assert!(!is_consistent((from, root(from)), (to, other), &proof));
            }
            for at in 0..proof.len() {
                let mut changed = proof.clone();
                changed[at].0[7] ^= 1;
                assert!(!is_consistent((from, root(from)), (to, root(to)), &changed));
                changed.remove(at);
                assert!(!is_consistent((from, root(from)), (to, root(to)), &changed));
            }
            let longer = [&proof[..], &[other]].concat();
            assert!(!is_consistent((from, root(from)), (to, root(to)), &longer));
        }
        for index in 0..to {
            let needed = tiles(&leaves, tree.needed_for_inclusion(index, to));
            let proof = tree.prove_inclusion(index, to, &needed).unwrap();
            let here = leaves[index as usize];
            assert!(is_included(here, index, (to, root(to)), &proof));
            if to > 1 {
                assert!(!is_included(here, (index + 1) % to, (to, root(to)), &proof));
                assert!(!is_included(
                    Digest::of(b"x"),
                    index,
                    (to, root(to)),
                    &proof
                ));
            }
        }
    }
}

#[test]
fn proofs_across_tiles_need_few_leaves() {
    let (tree, leaves) = grown(5_000);
    let root = |size: u64| plain_root(&leaves[..size as usize]);
    assert_eq!(tree.root(), root(5_000));
    for (from, to) in [
        (1, 5_000),
        (255, 4_999),
        (256, 257),
        (300, 2_048),
        (1_024, 4_096),
        (2_049, 5_000),
        (4_097, 4_999),
    ] {
        let needed = tree.needed_for_consistency(from, to);
        assert!(needed.len() <= 2, "{from} to {to} reads {needed:?}");
        let proof = tree
            .prove_consistency(from, to, &tiles(&leaves, needed))
            .unwrap();
        assert!(is_consistent((from, root(from)), (to, root(to)), &proof));
        assert!(proof.len() <= 14, "{}", proof.len());
    }
}

#[test]
fn what_cannot_be_proved_is_refused() {
    let (tree, leaves) = grown(300);
    let all = tiles(&leaves, [0, 1]);
    assert!(tree.prove_consistency(10, 301, &all).is_err());
    assert!(tree.prove_consistency(11, 10, &all).is_err());
    assert!(tree.prove_consistency(10, 300, &Leaves::new()).is_err());
    assert!(tree.prove_inclusion(300, 300, &all).is_err());
}
