"""P3: `POST /v1/evaluations` against a route of the same application that validates the same body
and returns it; two processes each.
"""

from collections.abc import Iterator

from benchmarks import running_service
from benchmarks.figure import Figure
from benchmarks.interleaved import Contender, compare
from benchmarks.servers import serving


def measure() -> Iterator[Figure]:
    """Throughput, and processor time of server and database, as ratios to the echo."""
    with (
        house.built("p3") as built,
        serving("app.cli.serving:served()", built.environment, "/livez") as service,
        serving("benchmarks.echo:served()", built.environment, "/livez") as echoing,
    ):
        headers = house.bearer(service)
        evaluate = Contender(
            name="evaluate",
            server=service,
            path="/v1/evaluations",
            body=house.BODY,
            headers=headers,
        )
        echo = Contender(
            name="echo", server=echoing, path="/echo", body=house.BODY, headers=headers
        )
        compared = compare(evaluate, echo, built.cluster.pid)
    yield Figure(
        name="P3",
        value=compared.throughput,
        compare=">=",
        goal=0.7,
        what=f"requests/s, evaluate over echo; {compared}",
    )
    yield Figure(
        name="P3-cpu",
        value=compared.cpu,
        compare="<=",
        goal=1 / 0.7,
        what="CPU a request, evaluate over echo",
    )
