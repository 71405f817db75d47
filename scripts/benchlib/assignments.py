"""P1, P2, P3: what a pod should run, read with its token, beside nginx sending a static file of the same body."""
from urllib.request import Request, urlopen
from . import scale
from .rig import *

CONNECTIONS = 64


def answer(url, headers=None):
    with urlopen(Request(url, headers=headers or {}), timeout=10) as response:
        return response.read(), response.headers["ETag"]


class Pods:
    """A server with something pinned, and a pod's token."""

    def __init__(self, database, handles):
        self.server = Server(database)
        self.url = f"{self.server.url}/api/v1/assignments/{handles['ruleset']}"
        self.token = f"Authorization: Bearer {handles['pod']}"
        self.body, self.etag = answer(self.url, dict([self.token.split(": ", 1)]))

    def full(self):
        return wrk(self.url, CONNECTIONS, [self.token])

    def unchanged(self):
        return wrk(self.url, CONNECTIONS, [self.token, f"If-None-Match: {self.etag}"])


def small():
    path = folder()
    return Pods(f"sqlite:{path}/pods.db", fill(f"sqlite:{path}/pods.db", 0, 10))


def reads():
    install("wrk")
    pods = small()
    nginx = Nginx({"assignment.json": pods.body})
    url = f"{nginx.url}/assignment.json"
    _, etag = answer(url)
    static = lambda: wrk(url, CONNECTIONS)
    static_304 = lambda: wrk(url, CONNECTIONS, [f"If-None-Match: {etag}"])
    for warm_up in (pods.full, pods.unchanged, static, static_304):
        warm_up()
    runs = in_turn(pods.full, static, pods.unchanged, static_304)
    rates = [[one["rate"] for one in figure] for figure in runs]
    p99 = [spread([one["p99_ms"] for one in figure]) for figure in runs]
    tell("P1", rates[0], rates[1], f"nginx, a static file of the same {len(pods.body)} bytes", 0.70, "answers/s",
         ours_p99_ms=p99[0], reference_p99_ms=p99[1])
    tell("P2", rates[2], rates[3], "nginx, 304 for the same file", 0.55, "answers/s", ours_p99_ms=p99[2], reference_p99_ms=p99[3])
    pods.server.stop()
    stop(nginx.process)


def at_scale():
    install("wrk")
    database, handles = scale.database("sqlite")
    empty, full = small(), Pods(database, handles)
    for pods in (empty, full):
        pods.full(), pods.unchanged()
    runs = in_turn(full.full, empty.full, full.unchanged, empty.unchanged)
    rates = [[one["rate"] for one in figure] for figure in runs]
    reference_is = f"the same server with 10 rules, 1 token and a short ledger; ours with {scale.WORDS}"
    tell("P3-200", rates[0], rates[1], reference_is, 0.9, "answers/s")
    tell("P3-304", rates[2], rates[3], reference_is, 0.9, "answers/s")
    empty.server.stop(), full.server.stop()
