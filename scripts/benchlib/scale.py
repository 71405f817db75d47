"""S1, S2: start and memory with a long ledger; and the long ledgers that other figures share."""
from .rig import *

WORDS = f"10,000 rules, 10,000 tokens, {ENTRIES:,} entries"
# A restart of the nearest alternative, and its memory when idle and after reads with its database, as recorded in
# the comparison beside this repository; measured anew with RULEGATE_BENCH_UNLEASH=1.
UNLEASH = {"restart_s": 2.4, "idle_mb": 328.0, "loaded_mb": 499.0}
PEER = ROOT / "../shared/peers/unleash.sh"
filled, cluster = {}, None


def postgres():
    global cluster
    if cluster is None:
        cluster = Postgres()
    return cluster


def database(kind):
    """A filled database of either kind, made once a run: its address and what the drivers need."""
    if kind not in filled:
        address = postgres().database("full") if kind == "postgres" else f"sqlite:{folder()}/full.db"
        filled[kind] = address, fill(address, ENTRIES, rules=10_000, tokens=10_000)
        if kind == "postgres":
            postgres().sql("VACUUM ANALYZE", "full")
    return filled[kind]


def peer():
    """What the figures are compared with: recorded, or measured now if somebody asks for it."""
    if os.environ.get("RULEGATE_BENCH_UNLEASH") != "1" or not PEER.exists():
        return UNLEASH, "as recorded"
    told = json.loads(run([PEER], timeout=3600))
    restart = told.get("start_s_again", UNLEASH["restart_s"])
    return {**UNLEASH, "restart_s": restart[0] if isinstance(restart, list) else restart}, "restart measured now"


def start_and_memory():
    unleash, how = peer()
    small_path = folder()
    small = f"sqlite:{small_path}/small.db"
    fill(small, 0, 10)
    for name, limit, share, address in (("short", unleash["idle_mb"], 0.1, small),
                                        ("sqlite", unleash["loaded_mb"], 0.4, database("sqlite")[0]),
                                        ("postgres", unleash["loaded_mb"], 0.4, database("postgres")[0])):
        starts, memory, peaks = [], [], []
        for _ in range(RUNS):
            wait_for_quiet()
            server = Server(address)
            time.sleep(1)
            resident, peak = rss_mb(server.process)
            starts.append(server.start_s), memory.append(resident), peaks.append(peak)
            server.stop()
        what = "an empty ledger" if name == "short" else WORDS
        tell(f"S1-{name}", starts, [unleash["restart_s"]], f"restart of Unleash with few flags, {how}", 0.1, "s", at_least=False, what=what)
        tell(f"S2-{name}", memory, [limit], f"Unleash {'idle' if name == 'short' else 'after reads'}, {how}", share, "MB",
             at_least=False, peak_mb=spread(peaks), what=what)
