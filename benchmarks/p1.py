"""P1: `POST /v1/sharing-requests` with all features against the baseline; PostgreSQL, two processes
each.
"""

import asyncio
from collections.abc import Iterator

from benchmarks import baseline, running_service
from benchmarks.figure import Figure
from benchmarks.interleaved import Contender, compare
from benchmarks.servers import serving


def measure() -> Iterator[Figure]:
    """Throughput, and processor time of server and database, as ratios to the baseline."""
    with running_service.create_setup("p1") as setup:
        baseline_url = setup.url.replace("postgresql://", "postgresql+asyncpg://")
        asyncio.run(baseline.prepare(baseline_url))
        with (
            serving("app.cli.serving:served()", setup.environment, "/livez") as service,
            serving(
                "benchmarks.baseline:app", {"BASELINE_DATABASE_URL": baseline_url}, "/livez"
            ) as bare,
        ):
            submit = Contender(
                name="submit",
                server=service,
                path="/v1/sharing-requests",
                body=running_service.BODY,
                headers=running_service.bearer(service),
                stored=lambda: setup.count("sharing_request"),
            )
            insert = Contender(
                name="baseline",
                server=bare,
                path="/notes",
                body=running_service.BODY,
                stored=lambda: setup.count("note"),
            )
            compared = compare(submit, insert, setup.cluster.pid)
    yield Figure(
        name="P1",
        value=compared.throughput,
        compare=">=",
        goal=1.3,
        what=f"requests/s, submit over baseline; {compared}",
    )
    yield Figure(
        name="P1-cpu",
        value=compared.cpu,
        compare="<=",
        goal=1.0,
        what="CPU a request, server and database, submit over baseline",
    )
