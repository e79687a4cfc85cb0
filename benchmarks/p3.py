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
        running_service.create_setup("p3") as setup,
        serving("app.cli.serving:served()", setup.environment, "/livez") as service,
        serving("benchmarks.echo:served()", setup.environment, "/livez") as echoing,
    ):
        headers = running_service.bearer(service)
        evaluate = Contender(
            name="evaluate",
            server=service,
            path="/v1/evaluations",
            body=running_service.BODY,
            headers=headers,
        )
        echo = Contender(
            name="echo", server=echoing, path="/echo", body=running_service.BODY, headers=headers
        )
        compared = compare(evaluate, echo, setup.cluster.pid)
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
