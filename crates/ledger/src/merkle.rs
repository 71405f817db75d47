//! The Merkle tree over a ledger's stored bytes: one root that stands for every entry before it.
//!
//! Source: RFC 6962, section 2.1; the verification of proofs after RFC 9162, section 2.1.

use std::collections::{BTreeMap, BTreeSet};

use sha2::Digest as _;

use crate::digest::Digest;

/// How high a tile is: 2^8 leaves. Below that, hashes are computed again from the entries when a proof needs
/// them; at and above it they are kept, which is some 256 bytes for 1,000 entries.
const TILE_HEIGHT: u32 = 8;
/// How many leaves a tile covers.
pub const TILE_LEAVES: u64 = 1 << TILE_HEIGHT;

/// The hash of a leaf: SHA-256 of 0x00 and the entry's stored bytes.
pub fn leaf(bytes: &[u8]) -> Digest {
    let mut hasher = sha2::Sha256::new();
    hasher.update([0x00]);
    hasher.update(bytes);
    Digest(hasher.finalize().into())
}

/// The hash of a node: SHA-256 of 0x01, the left and the right hash.
pub fn node(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [0x01; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Digest::of(&bytes)
}

/// The right edge of a tree: enough to append to it and to tell its root, some 20 hashes for a million leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the full subtrees, the largest first: one for each bit of `size`.
    nodes: Vec<Digest>,
}

impl Frontier {
    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends the leaf of an entry's stored bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.push_leaf(leaf(bytes));
    }

    /// Appends a leaf's hash.
    pub fn push_leaf(&mut self, leaf: Digest) {
        self.push_and_tell(leaf, |_, _| {});
    }

    /// Appends a leaf and tells every full subtree that it completes, as its height and hash.
    fn push_and_tell(&mut self, leaf: Digest, mut completed: impl FnMut(u32, Digest)) {
        let (mut hash, mut height) = (leaf, 0);
        completed(0, hash);
        while self.size >> height & 1 == 1 {
            let left = self.nodes.pop().expect("a bit of the size has a node");
            hash = node(&left, &hash);
            height += 1;
            completed(height, hash);
        }
        self.nodes.push(hash);
        self.size += 1;
    }

    /// The root; of an empty tree the SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        let mut nodes = self.nodes.iter().rev();
        let Some(last) = nodes.next() else {
            return Digest::of(b"");
        };
        nodes.fold(*last, |right, left| node(left, &right))
    }
}

/// A tree that can prove: its frontier and the hashes of its full tiles.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    frontier: Frontier,
    /// Hashes of full subtrees of height 8, 9, and so on, in order.
    tiles: Vec<Vec<Digest>>,
}

/// Leaf hashes of the tiles that a proof asked for, by the tile's number; the last may be shorter.
pub type Leaves = BTreeMap<u64, Vec<Digest>>;

/// A proof cannot be made: the sizes are not those of the tree, or leaves are missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no such proof: from {from} to {to} of {size}")]
pub struct NoProof {
    /// The smaller size or the leaf's number from 0.
    pub from: u64,
    /// The larger size.
    pub to: u64,
    /// The tree's size.
    pub size: u64,
}

impl Tree {
    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.frontier.size
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// Appends the leaf of an entry's stored bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let tiles = &mut self.tiles;
        self.frontier.push_and_tell(leaf(bytes), |height, hash| {
            if let Some(row) = height.checked_sub(TILE_HEIGHT) {
                let row = row as usize;
                if tiles.len() <= row {
                    tiles.push(Vec::new());
                }
                tiles[row].push(hash);
            }
        });
    }

    /// The tiles whose leaves a consistency proof between two sizes needs.
    pub fn needed_for_consistency(&self, from: u64, to: u64) -> BTreeSet<u64> {
        if from > to || to > self.size() {
            return BTreeSet::new();
        }
        self.needed(|nodes| {
            consistency(nodes, from, to);
        })
    }

    /// Proves that the tree of size `from` is the beginning of the tree of size `to`. Empty if they are the
    /// same or `from` is 0.
    ///
    /// Errors: [`NoProof`].
    pub fn prove_consistency(
        &self,
        from: u64,
        to: u64,
        leaves: &Leaves,
    ) -> Result<Vec<Digest>, NoProof> {
        if from > to || to > self.size() {
            return Err(self.no_proof(from, to));
        }
        let mut nodes = self.nodes(leaves);
        let proof = consistency(&mut nodes, from, to);
        match nodes.missing.is_empty() {
            true => Ok(proof),
            false => Err(self.no_proof(from, to)),
        }
    }

    /// The tiles whose leaves an inclusion proof of leaf `index` (from 0) needs.
    pub fn needed_for_inclusion(&self, index: u64, size: u64) -> BTreeSet<u64> {
        if index >= size || size > self.size() {
            return BTreeSet::new();
        }
        self.needed(|nodes| {
            inclusion(nodes, index, 0, size);
        })
    }

    /// Proves that leaf `index` (from 0) stands in the tree of `size`.
    ///
    /// Errors: [`NoProof`].
    pub fn prove_inclusion(
        &self,
        index: u64,
        size: u64,
        leaves: &Leaves,
    ) -> Result<Vec<Digest>, NoProof> {
        if index >= size || size > self.size() {
            return Err(self.no_proof(index, size));
        }
        let mut nodes = self.nodes(leaves);
        let proof = inclusion(&mut nodes, index, 0, size);
        match nodes.missing.is_empty() {
            true => Ok(proof),
            false => Err(self.no_proof(index, size)),
        }
    }

    fn needed(&self, walk: impl FnOnce(&mut Nodes)) -> BTreeSet<u64> {
        let none = Leaves::new();
        let mut nodes = self.nodes(&none);
        walk(&mut nodes);
        nodes.missing
    }

    fn nodes<'a>(&'a self, leaves: &'a Leaves) -> Nodes<'a> {
        Nodes {
            tiles: &self.tiles,
            leaves,
            missing: BTreeSet::new(),
        }
    }

    fn no_proof(&self, from: u64, to: u64) -> NoProof {
        let size = self.size();
        NoProof { from, to, size }
    }
}

/// Finds hashes of subtrees, and notes which tiles' leaves it would need for that.
struct Nodes<'a> {
    tiles: &'a [Vec<Digest>],
    leaves: &'a Leaves,
    missing: BTreeSet<u64>,
}

impl Nodes<'_> {
    /// The root over the leaves `from..to`; `from` is where a subtree of that size may begin.
    fn range(&mut self, from: u64, to: u64) -> Digest {
        let count = to - from;
        if count.is_power_of_two() {
            let height = count.trailing_zeros();
            if let Some(row) = height.checked_sub(TILE_HEIGHT) {
                let row = self.tiles.get(row as usize);
                if let Some(hash) = row.and_then(|row| row.get((from >> height) as usize)) {
                    return *hash;
                }
            }
            if count == 1 {
                let leaf = self.leaves.get(&(from / TILE_LEAVES));
                let leaf = leaf.and_then(|leaves| leaves.get((from % TILE_LEAVES) as usize));
                return leaf.copied().unwrap_or_else(|| {
                    self.missing.insert(from / TILE_LEAVES);
                    Digest::ZERO
                });
            }
        }
        let middle = from + split(count);
        let left = self.range(from, middle);
        let right = self.range(middle, to);
        node(&left, &right)
    }
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// PROOF of RFC 6962, 2.1.2.
fn consistency(nodes: &mut Nodes, from: u64, to: u64) -> Vec<Digest> {
    fn walk(nodes: &mut Nodes, old: u64, (from, to): (u64, u64), whole: bool) -> Vec<Digest> {
        let count = to - from;
        if old == count {
            return match whole {
                true => Vec::new(),
                false => vec![nodes.range(from, to)],
            };
        }
        let left = split(count);
        let middle = from + left;
        if old <= left {
            let mut proof = walk(nodes, old, (from, middle), whole);
            proof.push(nodes.range(middle, to));
            proof
        } else {
            let mut proof = walk(nodes, old - left, (middle, to), false);
            proof.push(nodes.range(from, middle));
            proof
        }
    }
    match from {
        0 => Vec::new(),
        _ => walk(nodes, from, (0, to), true),
    }
}

/// PATH of RFC 6962, 2.1.1.
fn inclusion(nodes: &mut Nodes, index: u64, from: u64, to: u64) -> Vec<Digest> {
    if to - from == 1 {
        return Vec::new();
    }
    let middle = from + split(to - from);
    if index < middle {
        let mut path = inclusion(nodes, index, from, middle);
        path.push(nodes.range(middle, to));
        path
    } else {
        let mut path = inclusion(nodes, index, middle, to);
        path.push(nodes.range(from, middle));
        path
    }
}

/// True if `proof` shows that the tree with `old_root` is the beginning of the tree with `new_root`.
/// The empty tree is the beginning of every tree.
pub fn is_consistent(
    (old_size, old_root): (u64, Digest),
    (new_size, new_root): (u64, Digest),
    proof: &[Digest],
) -> bool {
    if old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        return proof.is_empty() && old_root == Digest::of(b"");
    }
    let mut path = proof.iter().copied();
    let first = match old_size.is_power_of_two() {
        true => Some(old_root),
        false => path.next(),
    };
    let Some(first) = first else { return false };
    let (mut old, mut new) = (old_size - 1, new_size - 1);
    while old & 1 == 1 {
        (old, new) = (old >> 1, new >> 1);
    }
    let (mut to_old, mut to_new) = (first, first);
    for sibling in path {
        if new == 0 {
            return false;
        }
        if old & 1 == 1 || old == new {
            to_old = node(&sibling, &to_old);
            to_new = node(&sibling, &to_new);
            while old & 1 == 0 && old != 0 {
                (old, new) = (old >> 1, new >> 1);
            }
        } else {
            to_new = node(&to_new, &sibling);
        }
        (old, new) = (old >> 1, new >> 1);
    }
    to_old == old_root && to_new == new_root && new == 0
}

/// True if `proof` shows that `leaf` stands at `index` (from 0) in the tree of `size` with `root`.
pub fn is_included(
    leaf: Digest,
    index: u64,
    (size, root): (u64, Digest),
    proof: &[Digest],
) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == root
}
