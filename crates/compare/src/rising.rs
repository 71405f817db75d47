//! Which of several things kept their order: the rest moved.

/// Indices of a longest run of values that rise strictly, in order, by patience sorting: O(n log n).
pub(crate) fn longest_rising(values: &[usize]) -> Vec<usize> {
    let mut tops: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let pile = tops.partition_point(|&top| values[top] < *value);
        before.push(pile.checked_sub(1).map(|left| tops[left]));
        match tops.get_mut(pile) {
            Some(top) => *top = index,
            None => tops.push(index),
        }
    }
    let mut run: Vec<usize> =
        std::iter::successors(tops.last().copied(), |&index| before[index]).collect();
    run.reverse();
    run
}
