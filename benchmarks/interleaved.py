"""Interleaved runs of two contenders under the same load (A B B A), so that a change of the
machine's speed affects both.

Each quad gives one ratio of throughput and one of processor time; the figure is the median. A run
with a failed request, or with a number of stored rows other than that of acknowledged ones, raises
`InvalidRun`.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median

from benchmarks.load import Done, Load
from benchmarks.servers import ROOT, Server, cpu_seconds

QUADS = 12
SECONDS = 2.0
CONNECTIONS = 16


class InvalidRun(RuntimeError):
    """A request failed, or not exactly the acknowledged rows were stored."""


@dataclass(slots=True)
class Contender:
    """A server under load: POST of `body` (JSON) to `path` with `headers`, and a unique value in
    the header `numbered`. `stored` returns the number of rows, to which each acknowledged request
    adds one; None if nothing is stored.
    """

    name: str
    server: Server
    path: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    numbered: str = "Idempotency-Key"
    stored: Callable[[], int] | None = None
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One short run: requests, wall seconds, processor seconds of server and database together, and
    of the database alone.
    """

    requests: int
    seconds: float
    cpu: float
    database_cpu: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Medians over the quads: throughput of A over B, CPU per request of A over B, and the figures
    of each.
    """

    throughput: float
    cpu: float
    quads: int
    a: str
    b: str

    def __str__(self) -> str:
        return f"median of {self.quads} quads; {self.a}; {self.b}"


def compare(
    a: Contender,
    b: Contender,
    database_pid: int | None,
    *,
    quads: int = QUADS,
    seconds: float = SECONDS,
) -> Compared:
    """Measure `a` against `b`. `database_pid` is the first process of the database, None if it is
    not visible.
    """
    for contender in (a, b):
        _run(
            contender, database_pid, seconds
        )  # warm-up of caches, pools and the query planner, not counted
    runs: list[tuple[tuple[Run, Run], tuple[Run, Run]]] = []
    for _ in range(quads):
        a1, b1, b2, a2 = (_run(contender, database_pid, seconds) for contender in (a, b, b, a))
        runs.append(((a1, a2), (b1, b2)))
    return Compared(
        throughput=median(_rate(of_a) / _rate(of_b) for of_a, of_b in runs),
        cpu=median(_cpu(of_a) / _cpu(of_b) for of_a, of_b in runs),
        quads=quads,
        a=_described(a, [run for of_a, _ in runs for run in of_a]),
        b=_described(b, [run for _, of_b in runs for run in of_b]),
    )


def _rate(runs: tuple[Run, Run]) -> float:
    return sum(run.requests for run in runs) / sum(run.seconds for run in runs)


def _cpu(runs: tuple[Run, Run]) -> float:
    return sum(run.cpu for run in runs) / sum(run.requests for run in runs)


def _described(contender: Contender, runs: list[Run]) -> str:
    rate = median(run.requests / run.seconds for run in runs)
    cpu = median(run.cpu / run.requests for run in runs) * 1e6
    database = median(run.database_cpu / run.requests for run in runs) * 1e6
    return (
        f"{contender.name} {rate:.0f}/s, {cpu:.0f} µs CPU a request, {database:.0f} of them the"
        " database's"
    )


def _run(contender: Contender, database_pid: int | None, seconds: float) -> Run:
    stored = contender.stored() if contender.stored else 0
    server_before, database_before = (
        cpu_seconds(contender.server.pid),
        cpu_seconds(database_pid) if database_pid else 0.0,
    )
    done = _load(contender, seconds)
    server_cpu = cpu_seconds(contender.server.pid) - server_before
    database_cpu = (cpu_seconds(database_pid) if database_pid else 0.0) - database_before
    acknowledged = sum(times for status, times in done.statuses.items() if status.startswith("2"))
    if acknowledged != sum(done.statuses.values()) or not acknowledged:
        raise InvalidRun(f"{contender.name}: {done.statuses} {done.refused}")
    if contender.stored and contender.stored() - stored != acknowledged:
        raise InvalidRun(
            f"{contender.name}: acknowledged {acknowledged}, stored {contender.stored() - stored}"
        )
    return Run(acknowledged, done.seconds, server_cpu + database_cpu, database_cpu)


def _load(contender: Contender, seconds: float) -> Done:
    body = contender.body.encode()
    headers = {
        "Host": f"127.0.0.1:{contender.server.port}",
        "Content-Type": "application/json",
        "Content-Length": len(body),
    }
    load = Load(
        port=contender.server.port,
        before=f"POST {contender.path} HTTP/1.1\r\n{contender.numbered}: {contender.run}-",
        after="".join(
            f"\r\n{name}: {value}" for name, value in (headers | dict(contender.headers)).items()
        )
        + f"\r\n\r\n{contender.body}",
        first=contender.sent,
        seconds=seconds,
        connections=CONNECTIONS,
    )
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT,
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise InvalidRun(f"{contender.name}: {ran.stderr[-2000:]}")
    done = Done(**json.loads(ran.stdout))
    contender.sent = done.last
    return done
