"""What every figure is measured with: processes pinned to a core and stopped by their number, a PostgreSQL cluster
and an nginx of our own, wrk, and one line of JSON a figure.

The system under test, its database included, runs on core SUT_CPU; whatever drives it on core GEN_CPU.
"""
import atexit, json, os, re, shutil, signal, socket, statistics, subprocess, sys, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "dist"
CORES = sorted(os.sched_getaffinity(0))
SUT = os.environ.get("SUT_CPU", str(CORES[0]))
GEN = os.environ.get("GEN_CPU", str(CORES[-1]))
RUNS = int(os.environ.get("RUNS", "3"))
SECS = float(os.environ.get("SECS", "5"))
ENTRIES = int(os.environ.get("ENTRIES", "1000000"))
QUIET_WAIT = float(os.environ.get("QUIET_WAIT", "15"))
# A command that runs longer than this is hung: the whole run then ends.
PATIENCE = 900
processes, folders = [], []


def log(*words):
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def run(command, **options):
    """Runs to the end and returns what it printed; a failure ends the benchmark with its words."""
    options.setdefault("timeout", PATIENCE)
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command[:6])} failed: {done.stderr.strip()[-600:]}")
    return done.stdout


def on(core, command):
    return ["taskset", "-c", core, *command]


def install(*packages):
    """Debian packages that are missing; their services are never started."""
    missing = [p for p in packages if subprocess.run(["dpkg", "-s", p], capture_output=True).returncode]
    if missing:
        env = {**os.environ, "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], env=env)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=env)


def build():
    """The program and the examples that the figures need, as they are released."""
    examples = [word for name in ("bench", "bench_diff") for word in ("--example", name)]
    done = subprocess.run(["cargo", "build", "--quiet", "--profile", "dist", "--bin", "rulegate", *examples], cwd=ROOT)
    if done.returncode:
        raise SystemExit("bench: the build failed")


def folder():
    path = Path(tempfile.mkdtemp(prefix="rulegate-bench."))
    path.chmod(0o755)
    folders.append(path)
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, core=SUT, user=None, stop_signal=signal.SIGTERM, **options):
    command = on(core, [str(word) for word in command])
    if user and os.geteuid() == 0:
        command = ["setpriv", "--reuid", user, "--regid", user, "--init-groups", *command]
    options.setdefault("stdout", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.DEVNULL)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
    process.stop_signal = stop_signal
    processes.append(process)
    return process


def stop(process):
    if process.poll() is None:
        process.send_signal(process.stop_signal)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
    if process in processes:
        processes.remove(process)


@atexit.register
def clean():
    for process in reversed(list(processes)):
        stop(process)
    for path in folders:
        shutil.rmtree(path, ignore_errors=True)


for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda *_: sys.exit(130))


def busy_s():
    """Processor seconds that the whole machine has spent, all cores."""
    fields = [int(field) for field in open("/proc/stat").readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet():
    """Waits a while for an idle machine and says how busy it was in the end, in cores."""
    started = time.time()
    while True:
        before = busy_s()
        time.sleep(0.3)
        load = (busy_s() - before) / 0.3
        if load < 0.2 or time.time() - started > QUIET_WAIT:
            return load


def rss_mb(process):
    """Resident memory of one process and its highest so far, in MB."""
    status = open(f"/proc/{process.pid}/status").read()
    find = lambda name: int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) / 1024
    return find("VmRSS"), find("VmHWM")


class Server:
    """`rulegate serve` on core SUT_CPU."""

    def __init__(self, database):
        self.url = f"http://127.0.0.1:{free_port()}"
        command = [TARGET / "rulegate", "serve", "--site", "ipc2", "--database", database, "--listen", self.url[7:]]
        started = time.perf_counter()
        env = {**os.environ, "RULEGATE_LOG": os.environ.get("RULEGATE_LOG", "warn")}
        self.process = start(command, stdout=subprocess.PIPE, stderr=sys.stderr, env=env, text=True)
        line = self.process.stdout.readline()
        self.start_s = time.perf_counter() - started
        if not line.startswith("ready"):
            raise SystemExit(f"bench: the server did not start: {line}")

    def stop(self):
        stop(self.process)


class Postgres:
    """A cluster of our own on core SUT_CPU, durable, in a temporary folder."""

    def __init__(self):
        install("postgresql")
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
        self.bin = binaries[-1]
        self.dir = folder() / "pg"
        self.port = free_port()
        self.dir.mkdir()
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            shutil.chown(self.dir, user, user)
        as_user = ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] if user else []
        run([*as_user, self.bin / "initdb", "-D", self.dir, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"])
        settings = {"max_wal_size": "4GB", "checkpoint_timeout": "30min", "shared_buffers": "512MB"}
        settings = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [self.bin / "postgres", "-D", self.dir, "-p", self.port, "-h", "127.0.0.1", "-k", self.dir, *settings]
        self.process = start(command, user=user, stop_signal=signal.SIGINT)
        ready = [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        for _ in range(200):
            if subprocess.run(ready).returncode == 0:
                return
            time.sleep(0.05)
        raise SystemExit("bench: PostgreSQL did not start")

    def database(self, name):
        self.sql(f"CREATE DATABASE \"{name}\"")
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def sql(self, text, database="postgres"):
        return run([self.bin / "psql", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-d", database, "-XAtqc", text]).strip()

    def bench(self, script, clients, database="postgres"):
        """pgbench with prepared statements: transactions a second and the median in milliseconds."""
        path = folder()
        (path / "script.sql").write_text(script)
        command = [self.bin / "pgbench", "-h", self.dir, "-p", self.port, "-U", "postgres", "-n", "-M", "prepared", "-c", clients,
                   "-j", 1, "-T", max(1, int(SECS)), "-f", path / "script.sql", "-l", "--log-prefix", path / "log", database]
        out = run(on(GEN, [str(word) for word in command]))
        times = sorted(int(line.split()[2]) for file in path.glob("log*") for line in file.open())
        shutil.rmtree(path)
        return {"rate": float(re.search(r"tps = ([\d.]+)", out)[1]), "p50_ms": times[len(times) // 2] / 1000}


class Nginx:
    """Static files by one worker on core SUT_CPU."""

    def __init__(self, files):
        install("nginx-light")
        path = folder()
        (path / "root").mkdir()
        for name, body in files.items():
            (path / "root" / name).write_bytes(body)
        temps = " ".join(f"{kind}_temp_path {path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        port = free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        (path / "nginx.conf").write_text(
            f"worker_processes 1; {user} pid {path}/pid; error_log {path}/log; daemon off; events {{ worker_connections 4096; }}\n"
            f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000; {temps}\n"
            f" types {{ application/json json; }} default_type application/json;\n"
            f" server {{ listen 127.0.0.1:{port}; root {path}/root; }} }}\n")
        self.process = start(["nginx", "-c", path / "nginx.conf"])
        self.url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise SystemExit("bench: nginx did not start")


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)$", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def wrk(url, connections, headers=(), lua=None, secs=None, expect_errors=False):
    """A closed loop of wrk: answers a second and the median in milliseconds. Any error ends the benchmark."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, int(secs or SECS))}s", "--latency", "--timeout", "20s"]
    for header in headers:
        command += ["-H", header]
    if lua:
        command += ["-s", str(lua)]
    out = run(on(GEN, [*command, url]))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    broken = re.search(r"Socket errors: .*", out)
    if (wrong or broken) and not expect_errors:
        raise SystemExit(f"bench: {url}: {(wrong or broken)[0]}")
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
            "p50_ms": milliseconds(re.search(r"^\s+50%\s+(\S+)", out, re.M)[1]),
            "p99_ms": milliseconds(re.search(r"^\s+99%\s+(\S+)", out, re.M)[1])}


def in_turn(*measures):
    """Each measure RUNS times, one after the other in turn; the list of values of each. Dirty runs cannot be told
    from clean ones here: the load of others before each run is logged."""
    values = [[] for _ in measures]
    for _ in range(RUNS):
        for slot, measure in zip(values, measures):
            load = wait_for_quiet()
            if load > 0.3:
                log(f"the machine is busy with other things: {load:.1f} cores")
            slot.append(measure())
    return values


def spread(numbers):
    numbers = [number for number in numbers if number is not None]
    rounded = lambda n: float(f"{n:.4g}")
    return [rounded(statistics.median(numbers)), rounded(min(numbers)), rounded(max(numbers))]


def tell(figure, ours, reference, reference_is, goal, unit, at_least=True, **more):
    """One figure as a line of JSON. `ours` and `reference` are lists of numbers; the ratio is of their medians."""
    ours = spread(ours)
    line = {"figure": figure, "ours": ours}
    if reference is not None:
        reference = spread(reference)
        ratio = ours[0] / reference[0]
        line |= {"reference": reference, "reference_is": reference_is, "ratio": float(f"{ratio:.3g}")}
        value = ratio
    else:
        line |= {"reference": None, "reference_is": reference_is, "ratio": None}
        value = ours[0]
    reached = None if goal is None else (value >= goal if at_least else value <= goal)
    line |= {"goal": goal, "goal_is": ("at least" if at_least else "at most"), "reached": reached, "unit": unit, **more}
    print(json.dumps(line), flush=True)


def fill(database, entries, rules=100, tokens=1):
    """Fills an empty database and returns what the drivers need."""
    started = time.time()
    out = run([TARGET / "examples" / "bench", "fill", database, entries, rules, tokens])
    log(f"{entries} entries filled in {time.time() - started:.0f} s")
    return json.loads(out.strip().splitlines()[-1])
