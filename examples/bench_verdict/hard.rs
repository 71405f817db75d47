//! Texts of 1 MB in three versions, of the kinds that comparisons, parsers and look-ups are slow on.

use std::fmt::Write;

const MEGABYTE: usize = 1 << 20;

/// Three texts under one path: base, hotfix, planned.
pub struct Pair {
    pub name: String,
    pub path: &'static str,
    pub texts: [Vec<u8>; 3],
}

/// All of them, the same on every machine.
pub fn pairs() -> Vec<Pair> {
    let mut all = Pairs(Vec::new());
    of_random_pieces(&mut all);
    of_one_shape(&mut all);
    of_lists(&mut all);
    of_order(&mut all);
    nested(&mut all);
    wide(&mut all);
    of_bytes(&mut all);
    all.0
}

struct Pairs(Vec<Pair>);

impl Pairs {
    fn add(&mut self, name: &str, path: &'static str, texts: [String; 3]) {
        self.0.push(Pair {
            name: name.to_owned(),
            path,
            texts: texts.map(String::into_bytes),
        });
    }

    /// Fills each version with pieces; the three take the random numbers one after the other.
    fn fill(&mut self, name: &str, path: &'static str, make: &mut dyn FnMut() -> String) {
        let texts = [1, 2, 3].map(|version| {
            let mut text = String::with_capacity(MEGABYTE + 64);
            while text.len() < MEGABYTE {
                text.push_str(&make());
            }
            let _ = write!(text, "v{version}");
            text
        });
        self.add(name, path, texts);
    }

    /// The version's number, the piece's number.
    fn each(&mut self, name: &str, path: &'static str, piece: &dyn Fn(usize, usize) -> String) {
        let texts = [0, 1, 2].map(|version| repeated(|n| piece(version, n)));
        self.add(name, path, texts);
    }
}

fn repeated(piece: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(MEGABYTE + 64);
    for n in 0.. {
        if text.len() >= MEGABYTE {
            break;
        }
        text.push_str(&piece(n));
    }
    text
}

fn of_random_pieces(all: &mut Pairs) {
    let mut random = Random(42);
    all.fill("random letters in one line", "a.txt", &mut || {
        format!("{} ", random.below(3))
    });
    all.fill("random words in one line", "a.txt", &mut || {
        format!("w{} ", random.below(50_000))
    });
    all.fill("regular-expression soup in one line", "a.conf", &mut || {
        let bits = [
            "(?:", ")", "|", "[a-z]", "\\s*", ".{0,9}", "foo", "bar", "\\b", "?",
        ];
        bits[random.below(10)].to_owned()
    });
    all.fill("regular-expression soup in lines", "a.data", &mut || {
        let bits = [
            "(?:", ")", "|", "[a-z]", "\\s*", "\n", "foo", "bar", "\\b", "?",
        ];
        bits[random.below(10)].to_owned()
    });
    all.fill("short lines of few kinds", "a.txt", &mut || {
        format!("{} {}\n", random.below(3), random.below(3))
    });
    all.fill("random lines", "a.txt", &mut || {
        format!("line {} {}\n", random.below(100_000), random.below(1000))
    });
    all.fill("random lines of many words", "a.txt", &mut || {
        let words: Vec<String> = (0..60).map(|_| format!("w{}", random.below(400))).collect();
        words.join(" ") + "\n"
    });
    all.fill("directives", "a.cf", &mut || {
        format!("score R{} {}\n", random.below(30_000), random.below(100))
    });
    all.fill("directives of one name", "a.cf", &mut || {
        format!("score SAME {}\n", random.below(100_000))
    });
    all.fill("assignments of one name", "a.ini", &mut || {
        format!("a = {}\n", random.below(100_000))
    });
    all.fill("statements with ids", "a.conf", &mut || {
        format!(
            "SecRule A|B{} \"@rx {}\" \"id:{},t:none,msg:'{}'\"\n",
            random.below(9),
            random.below(999),
            random.below(9_000),
            random.below(99)
        )
    });
    all.fill("statements with one id", "a.conf", &mut || {
        format!(
            "SecRule A \"@rx {}\" \"id:7,t:none\"\n",
            random.below(99_999)
        )
    });
    all.fill("yaml rules", "a.yaml", &mut || {
        format!(
            "- id: r{}\n  text: {} {}\n  list: [{}, {}]\n",
            random.below(9_000),
            random.below(99),
            random.below(99),
            random.below(9),
            random.below(9)
        )
    });
    all.fill("yaml items without names", "a.yaml", &mut || {
        format!("- a: {}\n  b: {}\n", random.below(100), random.below(100))
    });
    all.fill("yaml list", "a.yaml", &mut || {
        format!("- word{} {}\n", random.below(100_000), random.below(10))
    });
    all.fill("yaml rules of one name", "a.yaml", &mut || {
        format!(
            "- id: same\n  a: {}\n  b: {}\n",
            random.below(999),
            random.below(9)
        )
    });
    all.fill("yaml documents", "a.yaml", &mut || {
        format!(
            "---\nid: r{}\na: {}\n",
            random.below(40_000),
            random.below(9)
        )
    });
    all.fill("indented lines", "a.txt", &mut || {
        format!("{}w{}\n", " ".repeat(random.below(40)), random.below(5_000))
    });
}

fn of_one_shape(all: &mut Pairs) {
    for (name, path, piece) in [
        ("open brackets in one line", "a.txt", "(a "),
        ("less-than signs", "a.xml", "<"),
        ("xml comments without end", "a.xml", "<!-- a "),
        ("quotes", "a.conf", "id:1 \" ' "),
        ("quotes in lines", "a.conf", "SecRule A \"id:1,'\n"),
        ("flow brackets", "a.yaml", "["),
        ("question marks", "a.yaml", "? "),
        ("backslashes", "a.conf", "a \\\n"),
        ("conditions", "a.cf", "if a b\nx y z\n"),
        ("ids everywhere", "a.conf", "id id: id:x "),
        ("empty lines", "a.txt", "\n"),
        ("carriage returns", "a.txt", "\r"),
        ("ampersands", "a.xml", "& "),
        ("byte order marks", "a.yaml", "\u{feff}"),
        ("combining marks", "a.txt", "e\u{301}\u{202e} "),
        ("equal lines", "a.txt", "the same line\n"),
        ("equal json items", "a.json", "1,"),
    ] {
        all.each(name, path, &|version, n| match (version, n) {
            (0, _) => piece.to_owned(),
            (_, n) if n == 5 * version => format!("v{version} {piece}"),
            _ => piece.to_owned(),
        });
    }
    let of_length = |piece: &str, bytes: usize| piece.repeat(bytes / piece.len());
    all.add(
        "equal lines of other numbers",
        "a.txt",
        [1_000_000, 1_001_000, 999_000].map(|bytes| of_length("a\n", bytes)),
    );
    all.add(
        "two lines in turn, shifted",
        "a.txt",
        ["", "a\n", "b\n"].map(|start| start.to_owned() + &of_length("a\nb\n", MEGABYTE)),
    );
    all.add(
        "a million empty lines and one word",
        "a.data",
        ["a", "b", "c"].map(|word| of_length("\n", MEGABYTE) + word),
    );
    all.add(
        "a million small lines",
        "a.data",
        [0, 1, 2].map(|version| {
            repeated(|n| format!("{}\n", char::from(b'a' + ((n * (version + 3)) % 26) as u8)))
        }),
    );
    all.add(
        "one enormous line, a word in the middle",
        "a.conf",
        ["x", "y", "z"].map(|word| {
            let half = repeated(|n| format!("w{n} ")).split_off(MEGABYTE / 2);
            format!("{half}{word} {half}")
        }),
    );
    all.add(
        "one enormous word",
        "a.conf",
        ["x", "y", "z"].map(|word| format!("name = {}{word}", "a".repeat(MEGABYTE))),
    );
    all.add(
        "one enormous list of names",
        "a.yaml",
        ["x", "y", "z"].map(|word| format!("tags: {word}{}", repeated(|n| format!(",t{n}")))),
    );
}

fn of_lists(all: &mut Pairs) {
    let rules = |value: &dyn Fn(usize) -> usize| {
        let items: Vec<String> = (0..20_000)
            .map(|n| {
                format!(
                    "{{\"id\":\"r{n}\",\"level\":{},\"text\":\"word {n}\"}}",
                    value(n)
                )
            })
            .collect();
        format!("[{}]", items.join(","))
    };
    all.add(
        "json rules, all changed",
        "a.json",
        [rules(&|n| n), rules(&|n| n + 1), rules(&|n| n + 2)],
    );
    all.each("json rules of one id", "a.json", &|version, n| {
        let open = if n == 0 { "[" } else { "," };
        format!("{open}{{\"id\":1,\"a\":{}}}", n * (version + 1))
    });
    if let Some(pair) = all.0.last_mut() {
        pair.texts.iter_mut().for_each(|text| text.push(b']'));
    }
    all.each("xml rules, all changed", "a.xml", &|version, n| {
        format!(
            "<rule id=\"{n}\" level=\"{}\"><match>w{n} v{version}</match></rule>\n",
            n + version
        )
    });
    all.each("xml rules of one id", "a.xml", &|version, n| {
        format!(
            "<rule id=\"1\"><match>{}</match></rule>\n",
            n * (version + 1)
        )
    });
    all.each("xml attributes", "a.xml", &|version, n| {
        let open = if n == 0 { "<a" } else { "" };
        format!("{open} a{n}=\"{version}\"")
    });
    if let Some(pair) = all.0.last_mut() {
        pair.texts.iter_mut().for_each(|text| text.extend(b"/>"));
    }
    all.each("toml tables, all changed", "a.toml", &|version, n| {
        format!("[t{n}]\na = {}\nb = \"w{version}\"\n", n + version)
    });
    all.each("toml tables in one list", "a.toml", &|version, n| {
        format!("[[t]]\na = {}\nb = \"w{version}\"\n", n + version)
    });
    all.each("toml keys below keys", "a.toml", &|version, n| {
        format!("a{}.b{}.c{n} = {version}\n", n % 7, n % 997)
    });
    all.each("yaml keys, all changed", "a.yaml", &|version, n| {
        format!("k{n}: {}\n", n + version)
    });
    all.each("sections of one header", "a.ini", &|version, n| {
        format!("[s{}]\nname = {}\n", n % 50, n * (version + 1))
    });
    let fix = |version: usize, line: &'static str| if version > 0 { line } else { "" };
    all.each(
        "blocks of one header, a line more in each",
        "a.conf",
        &|version, n| {
            let more = fix(version, "  deny all;\n");
            format!("server {{\n  listen {n};\n  root w{};\n{more}}}\n", n % 7)
        },
    );
    all.each(
        "blocks of one header that are alike",
        "a.conf",
        &|version, _| {
            format!(
                "server {{\n  listen 80;\n{}}}\n",
                fix(version, "  deny all;\n")
            )
        },
    );
    all.each(
        "rules that allow and deny in turn",
        "a.conf",
        &|version, n| {
            let (a, b) = (n % 250, n / 250);
            let more = if version > 0 {
                format!("deny 10.1.{b}.{a};\n")
            } else {
                String::new()
            };
            format!("{more}allow 10.0.{b}.{a};\n")
        },
    );
    all.each("long values, all changed", "a.cf", &|version, n| {
        let words: Vec<String> = (0..300)
            .map(|w| format!("w{}", w * (n + version + 1) % 997))
            .collect();
        format!("body R{n} /{}/\n", words.join(" "))
    });
    all.each("lists of names, all changed", "a.cf", &|version, n| {
        let names: Vec<String> = (0..40)
            .map(|w| format!("h{}.example", w * (n + 1) + version))
            .collect();
        format!("domains {}\n", names.join(" "))
    });
}

fn of_order(all: &mut Pairs) {
    let lines: Vec<String> = (0..60_000).map(|n| format!("rule number {n}\n")).collect();
    let shuffled = |seed: u64| {
        let mut random = Random(seed);
        let mut out = lines.clone();
        for at in (1..out.len()).rev() {
            out.swap(at, random.below(at as u64 + 1));
        }
        out.concat()
    };
    let reversed: String = lines.iter().rev().map(String::as_str).collect();
    all.add(
        "shuffled lines",
        "a.txt",
        [lines.concat(), shuffled(1), shuffled(2)],
    );
    all.add(
        "reversed lines",
        "a.txt",
        [lines.concat(), reversed.clone(), shuffled(2)],
    );
    all.add(
        "reversed word list",
        "a.data",
        [lines.concat(), reversed, shuffled(2)],
    );
    let blocks = |shift: usize| {
        let mut out: Vec<&String> = lines.iter().collect();
        out.rotate_left(shift);
        out.into_iter().map(String::as_str).collect::<String>()
    };
    all.add(
        "shifted blocks",
        "a.txt",
        [blocks(0), blocks(20_000), blocks(45_000)],
    );
    let items = |text: &dyn Fn(usize) -> usize| {
        (0..30_000)
            .map(|n| format!("- id: r{}\n  v: {}\n", text(n), text(n) % 7))
            .collect::<String>()
    };
    all.add(
        "yaml rules in another order",
        "a.yaml",
        [
            items(&|n| n),
            items(&|n| 29_999 - n),
            items(&|n| n * 7 % 30_000),
        ],
    );
    let objects = |keys: &dyn Fn(usize) -> usize| {
        let entries: Vec<String> = (0..60_000)
            .map(|n| format!("\"k{}\":{}", keys(n), keys(n)))
            .collect();
        format!("{{{}}}", entries.join(","))
    };
    all.add(
        "json keys in another order",
        "a.json",
        [
            objects(&|n| n),
            objects(&|n| 59_999 - n),
            objects(&|n| n * 7 % 60_000),
        ],
    );
    let commented = |comment: &dyn Fn(usize) -> usize| {
        (0..40_000)
            .map(|n| format!("# remark {}\nx{n} y\n", comment(n)))
            .collect::<String>()
    };
    all.add(
        "comments alone changed",
        "a.conf",
        [
            commented(&|n| n),
            commented(&|n| n * 7),
            commented(&|n| n * 11),
        ],
    );
    let spaced = |space: &str| {
        lines
            .iter()
            .map(|line| format!("{space}{line}"))
            .collect::<String>()
    };
    all.add(
        "white space alone changed",
        "a.txt",
        [spaced(""), spaced(" "), spaced("\t")],
    );
}

fn nested(all: &mut Pairs) {
    let leaves = |leaf: &str| format!("{leaf},").repeat(MEGABYTE / 2 / leaf.len()) + "0";
    for depth in [55, 300] {
        all.add(
            &format!("json nested {depth} deep"),
            "a.json",
            ["1", "2", "3"]
                .map(|leaf| format!("{}{}{}", "[".repeat(depth), leaves(leaf), "]".repeat(depth))),
        );
    }
    all.add(
        "json objects nested, all changed",
        "a.json",
        ["1", "2", "3"].map(|leaf| {
            let one = format!("{}{leaf}{}", "{\"a\":".repeat(50), "}".repeat(50));
            format!("[{}]", vec![one; MEGABYTE / 310].join(","))
        }),
    );
    all.add(
        "yaml nested",
        "a.yaml",
        ["1", "2", "3"].map(|leaf| {
            let block: String = (0..50)
                .map(|depth| format!("{}k{depth}:\n", " ".repeat(depth)))
                .collect();
            let block = format!("{block}{}v: {leaf}\n", " ".repeat(50));
            (0..MEGABYTE / block.len())
                .map(|n| format!("r{n}:\n{}", indented(&block)))
                .collect()
        }),
    );
    all.add(
        "xml nested",
        "a.xml",
        ["1", "2", "3"].map(|leaf| {
            let one = format!("{}{leaf}{}\n", "<a>".repeat(50), "</a>".repeat(50));
            one.repeat(MEGABYTE / one.len())
        }),
    );
    let aliases = |leaf: &str| {
        let mut text = format!("a0: &a0 [{leaf}, {leaf}]\n");
        for n in 1..40 {
            let _ = writeln!(text, "a{n}: &a{n} [*a{}, *a{}]", n - 1, n - 1);
        }
        text
    };
    all.add(
        "yaml aliases of aliases",
        "a.yaml",
        ["x", "y", "z"].map(aliases),
    );
    all.add(
        "yaml aliases of one large list",
        "a.yaml",
        ["x", "y", "z"].map(|leaf| {
            let items = format!("{leaf}, ").repeat(20_000);
            format!("a: &a [{items}]\n{}", repeated(|n| format!("b{n}: *a\n")))
        }),
    );
    all.add(
        "xml entities of entities",
        "a.xml",
        ["x", "y", "z"].map(|leaf| {
            let mut text = format!("<!DOCTYPE r [<!ENTITY a0 \"{leaf}\">");
            for n in 1..30 {
                let _ = write!(text, "<!ENTITY a{n} \"&a{};&a{};\">", n - 1, n - 1);
            }
            text + "]><r>&a29;</r>"
        }),
    );
}

fn indented(block: &str) -> String {
    block.lines().map(|line| format!(" {line}\n")).collect()
}

fn wide(all: &mut Pairs) {
    all.each("long keys below long keys", "a.yaml", &|version, n| {
        let key = |c: char| String::from(c).repeat(200);
        match n {
            0 => format!("{}:\n  {}:\n    {}:\n", key('a'), key('b'), key('c')),
            _ => format!("      k{n}: {}\n", n + version),
        }
    });
    all.each("words that all lines share", "a.yaml", &|version, n| {
        format!(
            "- the common words of all lines {} {}\n",
            n * 3 + version,
            n % 10
        )
    });
    all.each(
        "values that share their rarest words",
        "a.txt",
        &|version, n| {
            format!(
                "alpha{} beta{} gamma{} v{version}x{n}\n",
                n / 9,
                n / 9,
                n / 9
            )
        },
    );
    all.each(
        "headers and lines below them",
        "a.txt",
        &|version, n| match n % 3 {
            0 => format!(
                "header {} of some length that is told for every line below it:\n",
                n / 3
            ),
            _ => format!("  line {} {}\n", n, n + version),
        },
    );
    all.each("if blocks, all changed", "a.cf", &|version, n| {
        format!(
            "ifplugin P{n}\nscore A{n} {}\nelse\nscore A{n} {version}\nendif\n",
            n + version
        )
    });
}

fn of_bytes(all: &mut Pairs) {
    let mut random = Random(7);
    for (name, path) in [
        ("random bytes", "a.bin"),
        ("random bytes as yaml", "a.yaml"),
        ("random bytes as xml", "a.xml"),
    ] {
        let texts = [(); 3].map(|()| (0..MEGABYTE).map(|_| random.below(256) as u8).collect());
        all.0.push(Pair {
            name: name.to_owned(),
            path,
            texts,
        });
    }
    let base: Vec<u8> = (0..MEGABYTE).map(|_| random.below(256) as u8).collect();
    let mut shifted = || {
        let mut out = base.clone();
        for _ in 0..200 {
            let at = random.below(MEGABYTE as u64 - 10);
            out.splice(at..at + 3, *b"\nxyzzy");
        }
        out
    };
    let (hotfix, planned) = (shifted(), shifted());
    all.0.push(Pair {
        name: "random bytes with small changes".to_owned(),
        path: "a.bin",
        texts: [base, hotfix, planned],
    });
}

/// Splitmix64: the same texts on every machine.
pub struct Random(pub u64);

impl Random {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end) as usize
    }
}
