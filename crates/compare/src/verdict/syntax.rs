//! What starts a comment in which kind of plain text.
//!
//! ```text
//! base     | hotfix   | planned
//! limit 10 | limit 20 | limit 10
//!          |          | # limit 20    overridden: a comment has no effect
//! ```

/// How a family of text formats writes what is not content. Formats nobody listed get the first
/// row, which takes for a comment only what hardly anything else can be.
pub(super) struct Syntax {
    extensions: &'static [&'static str],
    /// What starts a line that is a comment.
    pub(super) comments: &'static [&'static str],
    /// What may not follow, or it is an instruction after all.
    pub(super) but_not_before: &'static [char],
}

const SYNTAXES: [Syntax; 6] = [
    Syntax {
        extensions: &[],
        comments: &[
            "# ", "##", "#\t", "#-", "#=", "#*", "// ", "///", "//\t", "; ", ";;", "-- ", "---",
            "* ",
        ],
        but_not_before: &[],
    },
    // Regular-expression assembly: instructions are written inside comments.
    Syntax {
        extensions: &["ra", "data"],
        comments: &["##!"],
        but_not_before: &['<', '>', '=', '+', '^', '$'],
    },
    Syntax {
        extensions: &[
            "conf",
            "cf",
            "pre",
            "cnf",
            "properties",
            "env",
            "rules",
            "example",
            "sh",
            "py",
            "rego",
            "ini",
            "toml",
            "yaml",
            "yml",
        ],
        comments: &["#"],
        but_not_before: &[],
    },
    Syntax {
        extensions: &["cfg", "inf"],
        comments: &["#", ";"],
        but_not_before: &[],
    },
    Syntax {
        extensions: &[
            "drl", "java", "js", "ts", "go", "rs", "c", "h", "cue", "jsonnet",
        ],
        comments: &["//", "*"],
        but_not_before: &[],
    },
    Syntax {
        extensions: &["sql", "lua"],
        comments: &["--"],
        but_not_before: &[],
    },
];

/// How files of this extension write what is not content.
pub(super) fn syntax_of(extension: &str) -> &'static Syntax {
    SYNTAXES
        .iter()
        .find(|syntax| syntax.extensions.contains(&extension))
        .unwrap_or(&SYNTAXES[0])
}

/// What starts and ends a comment of several lines, or a text that stands for one.
pub(super) fn block_comments(extension: &str) -> &'static [(&'static str, &'static str)] {
    match extension {
        "py" | "star" | "bzl" => &[("\"\"\"", "\"\"\""), ("'''", "'''")],
        "lua" => &[("--[[", "]]"), ("--[=[", "]=]")],
        _ => &[("/*", "*/"), ("<!--", "-->"), ("--[[", "]]")],
    }
}
