//! What of three texts is shown: what the hotfix did and the lines around it; the rest is counted.

use super::align::Line;
use crate::web::diff_view::Sided;
use crate::web::format;

/// Unchanged lines shown around what the hotfix did.
const CONTEXT: usize = 3;

/// Leaves out what lies far from the hotfix's changes, and counts it.
pub(super) fn with_gaps(
    lines: Vec<Line>,
    whole: bool,
    unit: &dyn Fn(u32) -> Option<String>,
) -> Vec<Sided> {
    let mut is_near = vec![whole; lines.len()];
    for index in (0..lines.len()).filter(|&index| lines[index].is_finding()) {
        let end = (index + CONTEXT + 1).min(lines.len());
        is_near[index.saturating_sub(CONTEXT)..end].fill(true);
    }
    let mut rows = Vec::new();
    let (mut hidden, mut findings, mut was_hotfix) = (Hidden::default(), 0, false);
    // The last base line shown, counted from 1: a gap at the end starts in what follows it.
    let mut last: Option<u64> = None;
    for (line, is_near) in lines.into_iter().zip(is_near) {
        if !is_near {
            hidden.lines += 1;
            hidden.repeated += usize::from(line.is_hotfix);
            hidden.moved += usize::from(line.is_planned && !line.is_hotfix);
            was_hotfix = false;
            continue;
        }
        if hidden.lines > 0 {
            let name = line
                .cells
                .base
                .no
                .and_then(|number| unit(u32::try_from(number).unwrap_or(1).saturating_sub(1)));
            let name = name.map(|name| format!("then {name}"));
            rows.push(std::mem::take(&mut hidden).gap(name));
        }
        let finding = if line.is_finding() && !was_hotfix {
            findings += 1;
            format!("finding-{findings}")
        } else {
            String::new()
        };
        was_hotfix = line.is_finding();
        last = line.cells.base.no.or(last);
        let cells = Vec::from(line.cells.into_columns());
        let is_same = cells.iter().all(|cell| cell.kind == "same");
        rows.push(Sided {
            kind: if is_same { "same" } else { "change" },
            cells,
            finding,
            ..Sided::default()
        });
    }
    if hidden.lines > 0 {
        let name = last.and_then(|number| unit(u32::try_from(number).unwrap_or(0)));
        let name = name.map(|name| format!("from {name} on"));
        rows.push(hidden.gap(name));
    }
    rows
}

impl Line {
    /// `j` and `k` stop here, and the lines around it are shown.
    fn is_finding(&self) -> bool {
        self.is_hotfix && !self.is_repeated
    }
}

/// Lines left out since the last one shown.
#[derive(Default)]
struct Hidden {
    lines: usize,
    /// Of them, changed by planned alone.
    moved: usize,
    /// Of them, changed by the hotfix as on an earlier line.
    repeated: usize,
}

impl Hidden {
    fn gap(self, unit: Option<String>) -> Sided {
        let mut note = match self.repeated {
            0 => format::count(
                self.lines,
                "line that the hotfix left alone",
                "lines that the hotfix left alone",
            ),
            repeated => format!(
                "{} not shown, {} of them changed by the hotfix as shown above",
                format::count(self.lines, "line", "lines"),
                format::thousands(repeated)
            ),
        };
        if self.moved > 0 {
            note.push_str(&format!(
                ", {} changed by the planned version",
                format::thousands(self.moved)
            ));
        }
        if let Some(unit) = unit {
            note.push_str(&format!(" · {unit}"));
        }
        Sided {
            kind: "gap",
            note,
            ..Sided::default()
        }
    }
}
