"""D1, D2, D4, D5: comparison, intake and drift check of about 3,000 rules beside git and coreutils; C1: the screen that
compares 10,000."""
import subprocess, tarfile
from urllib.request import Request, urlopen
from .rig import *

BULK = ROOT / "../shared/corpus/bulk/sigma.tar.gz"
GIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0", "-c", "core.fsync=none"]
sets = None


def made(path, edited, rules=3000):
    """Rules of 1 to 3 kB; every other one is another text if `edited`, for each number another one."""
    for n in range(rules):
        file = path / f"group-{n % 40:02}" / f"rule-{n:05}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"title: rule {n}", "detection:"] + [f"  selection_{k}: 'value {k * n % 977} of rule {n}'" for k in range(25 + n % 50)]
        if edited and n % 2:
            lines[2 + n % 20] = f"  selection: 'edited {edited} of {n}'"
        file.write_text("\n".join(lines) + "\n")


def rule_sets():
    """Two releases of a rule set as folders: the bulk set if it is there, else made ones."""
    global sets
    if sets is None:
        path = folder()
        if BULK.exists():
            with tarfile.open(BULK) as tar:
                tar.extractall(path, filter="data")
            while len(found := sorted(p for p in path.iterdir() if p.is_dir())) == 1:
                path = found[0]
            sets = found[0], found[-1]
        else:
            sets = path / "old", path / "new"
            made(sets[0], False), made(sets[1], True)
    return sets


def seconds(command, **options):
    started = time.perf_counter()
    run(on(SUT, [str(word) for word in command]), **options)
    return time.perf_counter() - started


def diffs():
    """As `scripts/bench-diff` measures: medians of five runs on one core."""
    old, new = rule_sets()
    for line in run([ROOT / "scripts/bench-diff", old, new]).splitlines():
        row = json.loads(line)
        if row["figure"] in ("D1", "D2"):
            tell(row["figure"], [row["ours_ms"]], [row["reference_ms"]], row["what"], row["goal"], "ms", at_least=False)


def intake():
    install("coreutils")
    _, new = rule_sets()
    rules = sum(1 for path in new.rglob("*") if path.is_file())
    digests = lambda: seconds(["sh", "-c", f"cd '{new}' && find . -type f -print0 | xargs -0 sha256sum > /dev/null"])
    reference_is = f"sha256sum of the same {rules} files"
    digests()
    postgres = Postgres()
    numbers = iter(range(1000))

    def into(kind):
        url = postgres.database(f"intake_{next(numbers)}") if kind == "postgres" else f"sqlite:{folder()}/intake.db"
        return json.loads(run(on(SUT, [str(TARGET / "examples/bench"), "intake", str(new), url])))

    sqlite, pg, pushed, theirs = in_turn(lambda: into("sqlite"), lambda: into("postgres"), lambda: push(new), digests)
    for figure, ours in (("D4-intake-sqlite", sqlite), ("D4-intake-postgres", pg)):
        again = spread([one["again_s"] / one["intake_s"] for one in ours])
        tell(figure, [one["intake_s"] for one in ours], theirs, reference_is, 4.0, "s", at_least=False,
             unpack_s=spread([one["unpack_s"] for one in ours]), same_again_to_first=again)
    tell("D4-push-sqlite", pushed, theirs, reference_is, 4.0, "s", at_least=False,
         what="`rulegate push` from its start to its answer: read, pack, send, unpack, store, commit to the ledger")
    stop(postgres.process)


def push(directory):
    path = folder()
    handles = fill(f"sqlite:{path}/push.db", 0)
    server = Server(f"sqlite:{path}/push.db")
    command = [TARGET / "rulegate", "push", directory, "--ruleset", "pushed", "--version", "1", "--server", server.url, "--token", handles["pipeline"]]
    took = seconds(command)
    server.stop()
    return took


def drift():
    path = folder()
    handles = fill(f"sqlite:{path}/drift.db", 0, rules=3000)
    repo = path / "repo"
    _, new = rule_sets()
    repo.mkdir()
    for words in (["init", "-q"], ["add", "-A", "."], ["commit", "-q", "-m", "one"], ["commit", "-q", "--allow-empty", "-m", "two"]):
        run([*GIT, f"--git-dir={repo}", f"--work-tree={new}", *words], cwd=new)
    check = lambda: json.loads(run(on(SUT, [str(TARGET / "examples/bench"), "drift", f"sqlite:{path}/drift.db", handles["pipeline_account"]])))
    git = lambda: seconds([*GIT, f"--git-dir={repo}", "diff", "--quiet", "HEAD~1", "HEAD"])
    ours, theirs = in_turn(lambda: check()["check_s"] * 1e6, lambda: git() * 1e6)
    tell("D5", ours, None, "absolute: one digest is compared", 10, "us", at_least=False, git_diff_of_equal_trees_us=spread(theirs))


# The page of a commit that edits 500 rules in cgit with one client, as recorded in the comparison beside this repository.
CGIT_MS = 50.3


# Releases of V1 that are compared with the first one, each for the first time.
RELEASES = 8


def screen():
    """C1: the page that compares two releases of 10,000 rules, of which every other one differs: the first 200 changed
    lines and more, as HTML, from a server that has just started and from one that has shown it before. V1: the same
    with 500 rules that differ, beside a page of cgit: comparisons that were not shown before, one after the other by one
    client, and one that was."""
    [runs] = in_turn(compared(10_000, 1, "page=49"))
    column = lambda at: [one[at] for one in runs]
    tell("C1", column(0), None, "absolute: first page after the start, 10,000 rules, 5,000 differ", 1000, "ms", at_least=False,
         again_ms=spread(column(1)), last_page_ms=spread(column(2)), memory_more_mb=spread(column(3)))
    [runs] = in_turn(compared(1_000, RELEASES, "page=4"))
    reference_is = "cgit's page of a commit that edits 500 rules, whole, as recorded; ours is the first of several pages"
    for name, at, goal in (("V1-cold", 4, 0.4), ("V1-warm", 1, 0.1)):
        more = {"after_start_ms": spread(column(0))} if at else {}
        tell(name, column(at), [CGIT_MS], reference_is, goal, "ms", at_least=False, **more)


def compared(rules, releases, last):
    """Measures the page that compares two releases, of which every other rule differs."""
    path = folder()
    database = f"sqlite:{path}/screen.db"
    handles = fill(database, 0)
    server = Server(database)
    for release in range(1 + releases):
        made(path / str(release), release, rules)
        run([TARGET / "rulegate", "push", path / str(release), "--ruleset", "compared", "--version", str(release + 1),
             "--server", server.url, "--token", handles["pipeline"]])
    server.stop()

    def page(server, query="to=2"):
        address = f"{server.url}/rulesets/compared/compare?from=1&{query}"
        started = time.perf_counter()
        body = urlopen(Request(address, headers={"Cookie": f"rulegate={handles['cookie']}"}), timeout=60).read().decode()
        took = time.perf_counter() - started
        changed = body.count('<td class="t add"') + body.count('<td class="t del"')
        if changed < 200 and "page" not in query:
            raise SystemExit(f"bench: the page shows {changed} changed lines, not 200")
        return took * 1000

    def measured():
        server = Server(database)
        before = rss_mb(server.process)[0]
        first, again, at_end = page(server), page(server), page(server, f"to=2&{last}")
        not_shown_before = [page(server, f"to={release + 1}") for release in range(2, 1 + releases)]
        more = rss_mb(server.process)[1] - before
        server.stop()
        return first, again, at_end, more, statistics.median(not_shown_before or [first])

    return measured
