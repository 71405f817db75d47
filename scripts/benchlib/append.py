"""W1, W2, W4: durable appends through HTTP beside plain single-row durable inserts."""
import sqlite3, subprocess, sys, time
from .rig import *

BODY = "repeat('r',400)"
# The lightest write of the interface: a comment of some words on a review. Everything is as for any other write:
# token, JSON, idempotency key, right, decision, hash chain, durable commit.
WHAT = "POST /api/v1/reviews/{id}/comments with token and idempotency key"
LUA = """local head = {{["Authorization"]="Bearer {token}", ["Content-Type"]="application/json"}}
local n, salt = 0, "{salt}"
request = function()
  n = n + 1
  head["Idempotency-Key"] = salt .. n
  return wrk.format("POST", nil, head, '{{"text":"compared with the trace of the incident, point ' .. n .. '"}}')
end
"""


def driver(server, handles):
    """A closed loop of comments with `clients` connections."""
    def drive(clients, secs=None):
        lua = folder() / "comment.lua"
        lua.write_text(LUA.format(token=handles["reviewer"], salt=f"k{time.time_ns()}-"))
        return wrk(f"{server.url}/api/v1/reviews/{handles['review']}/comments", clients, lua=lua, secs=secs)
    drive(16, secs=1)
    return drive


def on_postgres():
    install("wrk")
    postgres = Postgres()
    handles = fill(postgres.database("ours"), 0)
    server = Server(f"postgres://postgres@127.0.0.1:{postgres.port}/ours")
    drive = driver(server, handles)
    postgres.sql("create table led(site text, seq bigserial primary key, at timestamptz default now(), prev bytea, hash bytea, body text)")
    insert = f"insert into led(site,prev,hash,body) values('a',sha256('p'),sha256('h'),{BODY});"
    reference = lambda clients: postgres.bench(insert, clients)
    for figure, clients, goal in (("W1-postgres", 1, 0.8), ("W2-postgres", 16, 0.6)):
        ours, theirs = in_turn(lambda: drive(clients), lambda: reference(clients))
        p50 = lambda runs: spread([one["p50_ms"] for one in runs])
        tell(figure, [one["rate"] for one in ours], [one["rate"] for one in theirs],
             f"single-row durable insert by pgbench, {clients} connections", goal, "appends/s",
             ours_p50_ms=p50(ours), reference_p50_ms=p50(theirs), what=WHAT)
    server.stop()
    stop(postgres.process)


RAW = """
import sqlite3, sys, time
path, secs = sys.argv[1], float(sys.argv[2])
db = sqlite3.connect(path, isolation_level=None)
db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE IF NOT EXISTS led(seq INTEGER PRIMARY KEY, at INTEGER, prev BLOB, hash BLOB, body TEXT)")
row, n, started = (b"p" * 32, b"h" * 32, "r" * 400), 0, time.perf_counter()
while time.perf_counter() - started < secs:
    db.execute("INSERT INTO led(at, prev, hash, body) VALUES (1, ?, ?, ?)", row)
    n += 1
print(n / (time.perf_counter() - started))
"""


def on_sqlite():
    install("wrk")
    path = folder()
    handles = fill(f"sqlite:{path}/ours.db", 0)
    server = Server(f"sqlite:{path}/ours.db")
    drive = driver(server, handles)
    raw = lambda: float(run(on(SUT, [sys.executable, "-c", RAW, f"{path}/raw.db", str(SECS)])))
    ours_1, ours_16, theirs = in_turn(lambda: drive(1), lambda: drive(16), raw)
    for figure, ours, goal in (("W4-sqlite-1", ours_1, 0.8), ("W4-sqlite-16", ours_16, 4.0)):
        tell(figure, [one["rate"] for one in ours], theirs, "one row a commit, WAL, synchronous=FULL, one connection", goal,
             "appends/s", ours_p50_ms=spread([one["p50_ms"] for one in ours]), what=WHAT)
    server.stop()
