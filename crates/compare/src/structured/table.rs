//! Tables of comma-separated values: rows paired by a column whose values name them, columns by their
//! heads.

use std::collections::HashSet;

use csv::{ByteRecord, ReaderBuilder};

use super::items::{self, Pairing};
use super::{Change, ChangeKind, Found, clip, cut};
use crate::diff::align;
use crate::verdict::reading::{Budget, hash};

/// A table with the line on which each row starts.
pub(super) struct Table {
    /// The first row; empty of an empty text.
    heads: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<String>,
    lines: (u32, u32),
}

/// What may stand between cells.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads a table whose first row heads its columns; None when it is no UTF-8, two columns have one
/// head, or the budget is spent.
pub(super) fn read(path: &str, bytes: &[u8], budget: &Budget) -> Option<Table> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let delimiter = delimiter(path, text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut record = ByteRecord::new();
    let mut rows: Vec<Row> = Vec::new();
    while reader.read_byte_record(&mut record).ok()? {
        if !budget.take(1 + record.len() + record.as_slice().len() / 16) {
            return None;
        }
        let from = record
            .position()
            .map_or(0, |position| position.line() as u32);
        let to = (reader.position().line() as u32)
            .saturating_sub(1)
            .max(from);
        let cell = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
        rows.push(Row {
            cells: record.iter().map(cell).collect(),
            lines: (from, to),
        });
    }
    if rows.is_empty() {
        return Some(Table {
            heads: Vec::new(),
            rows,
        });
    }
    let heads = rows.remove(0).cells;
    let distinct: HashSet<&String> = heads.iter().collect();
    (distinct.len() == heads.len()).then_some(Table { heads, rows })
}

/// What cuts the first line into most cells.
fn delimiter(path: &str, text: &str) -> u8 {
    if path.to_ascii_lowercase().ends_with(".tsv") {
        return b'\t';
    }
    let first = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    // Of equally many the first of the list.
    DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(count)
        .unwrap_or(b',')
}

impl Table {
    fn cell(&self, row: usize, column: usize) -> &str {
        self.rows[row].cells.get(column).map_or("", String::as_str)
    }

    /// Rows with more cells than there are columns say something that no head names.
    fn surplus(&self, row: usize) -> &[String] {
        self.rows[row].cells.get(self.heads.len()..).unwrap_or(&[])
    }

    /// A column in which every row has a value of its own.
    fn names_rows(&self, column: usize) -> bool {
        let values: HashSet<&str> = (0..self.rows.len())
            .map(|row| self.cell(row, column))
            .collect();
        values.len() == self.rows.len() && !values.contains("")
    }
}

/// Compares two tables.
pub(super) fn compare(old: &Table, new: &Table, found: &mut Found<'_>) {
    let columns = items::by_key(&old.heads, &new.heads);
    compare_columns(old, new, &columns, found);
    let named_by = columns
        .pairs
        .iter()
        .find(|(a, b)| old.names_rows(*a) && new.names_rows(*b));
    let rows = match named_by {
        Some(&(a, b)) => {
            let names = |table: &Table, column| {
                (0..table.rows.len())
                    .map(|row| table.cell(row, column).to_owned())
                    .collect::<Vec<_>>()
            };
            items::by_key(&names(old, a), &names(new, b))
        }
        None => by_content(old, new, &columns, found.budget),
    };
    let called = |table: &Table, row: usize, column: Option<usize>| match column {
        Some(column) => format!(
            "{} {}",
            table.heads[column],
            clip(table.cell(row, column), 0, 80)
        ),
        None => format!("row {}", row + 1),
    };
    for &(from, to) in &rows.pairs {
        let name = called(new, to, named_by.map(|pair| pair.1));
        compare_rows((old, from), (new, to), &name, &columns, found);
    }
    for &(from, to) in &rows.moved {
        found.add(Change {
            kind: ChangeKind::Moved,
            place: vec![called(new, to, named_by.map(|pair| pair.1))],
            before: Some(format!("row {}", from + 1)),
            after: Some(format!("row {}", to + 1)),
            old_lines: Some(old.rows[from].lines),
            new_lines: Some(new.rows[to].lines),
        });
    }
    let whole = |table: &Table, row: usize, chars_max| {
        let cells = table.rows[row]
            .cells
            .iter()
            .enumerate()
            .map(|(column, cell)| match table.heads.get(column) {
                Some(head) => format!("{head}: {cell}"),
                None => cell.clone(),
            });
        Some(clip(&cells.collect::<Vec<_>>().join(", "), 0, chars_max))
    };
    let chars_max = found.bounds.value_chars_max;
    for row in rows.only_old {
        found.add(Change {
            kind: ChangeKind::Removed,
            place: vec![called(old, row, named_by.map(|pair| pair.0))],
            before: whole(old, row, chars_max),
            after: None,
            old_lines: Some(old.rows[row].lines),
            new_lines: None,
        });
    }
    for row in rows.only_new {
        found.add(Change {
            kind: ChangeKind::Added,
            place: vec![called(new, row, named_by.map(|pair| pair.1))],
            before: None,
            after: whole(new, row, chars_max),
            old_lines: None,
            new_lines: Some(new.rows[row].lines),
        });
    }
}

/// Columns that came, went or moved. Programs may read a table by position, so their order counts.
fn compare_columns(old: &Table, new: &Table, columns: &Pairing, found: &mut Found<'_>) {
    const HEADS: Option<(u32, u32)> = Some((1, 1));
    let column = |head: &String| vec![format!("column {}", clip(head, 0, 80))];
    for &index in &columns.only_old {
        found.add(Change {
            kind: ChangeKind::Removed,
            place: column(&old.heads[index]),
            before: Some(format!("position {}", index + 1)),
            after: None,
            old_lines: HEADS,
            new_lines: None,
        });
    }
    for &index in &columns.only_new {
        found.add(Change {
            kind: ChangeKind::Added,
            place: column(&new.heads[index]),
            before: None,
            after: Some(format!("position {}", index + 1)),
            old_lines: None,
            new_lines: HEADS,
        });
    }
    let is_same =
        columns.only_old.is_empty() && columns.only_new.is_empty() && columns.moved.is_empty();
    if !is_same {
        // The heads and every row are written otherwise by that.
        found.old_lines.extend(HEADS);
        found.new_lines.extend(HEADS);
        found.old_lines.extend(old.rows.iter().map(|row| row.lines));
        found.new_lines.extend(new.rows.iter().map(|row| row.lines));
    }
    for &(from, to) in &columns.moved {
        found.add(Change {
            kind: ChangeKind::Moved,
            place: column(&new.heads[to]),
            before: Some(format!("position {}", from + 1)),
            after: Some(format!("position {}", to + 1)),
            old_lines: HEADS,
            new_lines: HEADS,
        });
    }
}

fn compare_rows(
    (old, from): (&Table, usize),
    (new, to): (&Table, usize),
    name: &str,
    columns: &Pairing,
    found: &mut Found<'_>,
) {
    if !found.budget.take(1 + columns.pairs.len() / 4) {
        return;
    }
    let chars_max = found.bounds.value_chars_max;
    let lines = (Some(old.rows[from].lines), Some(new.rows[to].lines));
    let mut cell = |column: String, before: &str, after: &str| {
        let (before, after) = cut(before, after, chars_max);
        found.add(Change {
            kind: ChangeKind::Changed,
            place: vec![name.to_owned(), column],
            before: Some(before),
            after: Some(after),
            old_lines: lines.0,
            new_lines: lines.1,
        });
    };
    for &(a, b) in &columns.pairs {
        let (before, after) = (old.cell(from, a), new.cell(to, b));
        if before != after {
            cell(clip(&new.heads[b], 0, 80), before, after);
        }
    }
    if old.surplus(from) != new.surplus(to) {
        cell(
            "cells without a column".to_owned(),
            &old.surplus(from).join(", "),
            &new.surplus(to).join(", "),
        );
    }
}

/// Pairs rows that nothing names: equal ones where they stand in one order, then those that stand in
/// one place and share a cell.
fn by_content(old: &Table, new: &Table, columns: &Pairing, budget: &Budget) -> Pairing {
    let contents = |table: &Table, pick: fn(&(usize, usize)) -> usize| -> Vec<u128> {
        let of = |row: usize| {
            let cells: Vec<&str> = columns
                .pairs
                .iter()
                .map(|pair| table.cell(row, pick(pair)))
                .collect();
            hash(&(cells, table.surplus(row)))
        };
        (0..table.rows.len()).map(of).collect()
    };
    let (olds, news) = (contents(old, |pair| pair.0), contents(new, |pair| pair.1));
    let alignment = align(&olds, &news);
    budget.take(alignment.work / 64);
    let mut out = Pairing::default();
    let (mut at_old, mut at_new) = (0, 0);
    for change in &alignment.changes {
        let (from, to) = (change.old.start as usize, change.new.start as usize);
        out.pairs.extend((at_old..from).zip(at_new..to));
        (at_old, at_new) = (change.old.end as usize, change.new.end as usize);
        let (mut rest_old, mut rest_new) = (from..at_old, to..at_new);
        for (a, b) in (from..at_old).zip(to..at_new) {
            let shares = columns
                .pairs
                .iter()
                .any(|(x, y)| old.cell(a, *x) == new.cell(b, *y));
            if shares {
                out.pairs.push((a, b));
            } else {
                out.only_old.push(a);
                out.only_new.push(b);
            }
            (rest_old.start, rest_new.start) = (a + 1, b + 1);
        }
        out.only_old.extend(rest_old);
        out.only_new.extend(rest_new);
    }
    out.pairs
        .extend((at_old..old.rows.len()).zip(at_new..new.rows.len()));
    items::moved_by_content(&olds, &news, &mut out);
    out
}
