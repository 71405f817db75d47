"""L1, L2, L3: pages of the ledger as HTML through HTTP, beside pages of the same rows straight from PostgreSQL."""
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from . import scale
from .rig import *

COLUMNS = "seq,at_us,actor,kind,ruleset,lane,version,review,bytes,hash"


def pages():
    install("wrk")
    postgres = scale.postgres()
    address, handles = scale.database("postgres")
    server = Server(address)
    cookie = f"Cookie: rulegate={handles['cookie']}"

    def page(clients=1, secs=None, **query):
        url = f"{server.url}/ledger" + (f"?{urlencode(query)}" if query else "")
        return wrk(url, clients, [cookie], secs=secs)

    first_html = urlopen(Request(f"{server.url}/ledger", headers=dict([cookie.split(": ")])), timeout=20).read()
    if first_html.count(b'href="/ledger/ipc') < 50:
        raise SystemExit("bench: the first page of the ledger does not list its entries; is the sign-in still valid?")
    at, seq = postgres.sql("SELECT at_us, seq FROM entry WHERE site='ipc2' AND seq = 60", "full").split("|")
    middle = postgres.sql(f"SELECT at_us, seq FROM entry WHERE site='ipc2' AND seq = {ENTRIES * 3 // 8}", "full").split("|")
    first_sql = f"SELECT {COLUMNS} FROM entry WHERE site='ipc2' ORDER BY seq DESC LIMIT 50;"
    deep_sql = f"\\set s random(100,{ENTRIES * 3 // 4})\nSELECT {COLUMNS} FROM entry WHERE site='ipc2' AND seq < :s ORDER BY seq DESC LIMIT 50;"

    page(64, 1), page(1, 1)
    first, many, key_first, key_deep = in_turn(page, lambda: page(64), lambda: postgres.bench(first_sql, 1, "full"),
                                               lambda: postgres.bench(deep_sql, 1, "full"))
    p50 = lambda runs: [one["p50_ms"] for one in runs]
    rate = lambda runs: [one["rate"] for one in runs]
    tell("L1-p50", p50(first), None, f"absolute, 1 client, {ENTRIES:,} entries", 1.5, "ms", at_least=False, page_bytes=len(first_html),
         postgres_page_p50_ms=spread(p50(key_first)))
    tell("L1-64", rate(many), rate(key_deep), "pages of 50 rows by key from the same table by pgbench, 1 connection", 0.5, "pages/s",
         p50_ms=spread(p50(many)))

    def beside_first(figure, goal, query):
        page(1, 1, **query)
        ours, again = in_turn(lambda: page(**query), page)
        tell(figure, p50(ours), p50(again), "our first page", goal, "ms", at_least=False, query=urlencode(query))

    place = lambda at, seq: f"{at}.{seq}.ipc2"
    beside_first("L2-middle", 1.3, {"older": place(*middle)})
    beside_first("L2-last", 1.3, {"older": place(at, seq)})
    for name, query in filters(postgres, handles):
        beside_first(f"L3-{name}", 3.0, query)
    server.stop()


def filters(postgres, handles):
    """Each filter and pairs of them, frequent and rare."""
    version, ruleset = postgres.sql("SELECT version, ruleset FROM entry WHERE kind='release.committed' ORDER BY seq LIMIT 1 OFFSET 900", "full").split("|")
    review = postgres.sql("SELECT review FROM entry WHERE kind='review.opened' ORDER BY seq LIMIT 1 OFFSET 900", "full")
    day = postgres.sql(f"SELECT to_char(to_timestamp(at_us/1000000), 'YYYY-MM-DD') FROM entry WHERE site='ipc2' AND seq={ENTRIES // 4}", "full")
    rule_set, environment, person = {"ruleset": "rules-07"}, {"environment": "ipc2/prod"}, {"person": handles["person"]}
    often, seldom = {"kind": "review.commented"}, {"kind": "access.granted"}
    time_of = {"from": day, "to": day}
    return [("rule-set", rule_set), ("environment", environment), ("person", person), ("kind", often), ("rare-kind", seldom),
            ("kinds", {"kind": "review."}), ("time", time_of), ("version", {"q": version}), ("review", {"q": review}),
            ("rule-set+environment", {**rule_set, **environment}), ("rule-set+kind", {**rule_set, **often}),
            ("rule-set+rare-kind", {**rule_set, **seldom}), ("person+kind", {**person, **often}),
            ("person+rule-set", {**person, **rule_set}), ("person+time", {**person, **time_of}),
            ("environment+kind", {**environment, **often}), ("kind+time", {**often, **time_of}),
            ("version+rule-set", {"q": version, "ruleset": ruleset})]
