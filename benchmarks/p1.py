"""P1: `POST /v1/sharing-requests` with all features against the baseline; PostgreSQL, two processes
each.
"""

import asyncio
from collections.abc import Iterator

from benchmarks import baseline, house
from benchmarks.figure import Figure
from benchmarks.interleaved import Contender, compare
from benchmarks.servers import serving


def measure() -> Iterator[Figure]:
    """Throughput, and processor time of server and database, as ratios to the baseline."""
    with house.built("p1") as built:
        floor_url = built.url.replace("postgresql://", "postgresql+asyncpg://")
        asyncio.run(floor.prepare(floor_url))
        with (
            serving("app.cli.serving:served()", built.environment, "/livez") as service,
            serving("benchmarks.baseline:app", {"FLOOR_DATABASE_URL": floor_url}, "/livez") as bare,
        ):
            submit = Contender(
                name="submit",
                server=service,
                path="/v1/sharing-requests",
                body=house.BODY,
                headers=house.bearer(service),
                stored=lambda: built.count("sharing_request"),
            )
            insert = Contender(
                name="floor",
                server=bare,
                path="/notes",
                body=house.BODY,
                stored=lambda: built.count("note"),
            )
            compared = compare(submit, insert, built.cluster.pid)
    yield Figure(
        name="P1",
        value=compared.throughput,
        compare=">=",
        goal=1.3,
        what=f"requests/s, submit over floor; {compared}",
    )
    yield Figure(
        name="P1-cpu",
        value=compared.cpu,
        compare="<=",
        goal=1.0,
        what="CPU a request, server and database, submit over floor",
    )
