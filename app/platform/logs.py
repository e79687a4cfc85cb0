"""JSON log lines on standard output.

Invariant: a line contains codes, ids and durations, never a body, a name, a reference or a token.
"""

import logging
import sys
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    # Only types and places: messages and local variables can be personal data.
    structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=8)
    ),
]
# One list for the process: a logger keeps the list with which it was first used, and
# `capture_logs` changes the list that was configured last.
PROCESSORS: list[Any] = [*SHARED, structlog.processors.JSONRenderer()]


def configure(level: str) -> None:
    """Write the lines of structlog and of the standard library's loggers, such as uvicorn's, as
    JSON.
    """
    structlog.configure(
        processors=PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*SHARED[:3], structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                SHARED[3],
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.getLevelName(level.upper()), logging.INFO))
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True
    for name in ("alembic", "httpx", "sqlalchemy.engine"):
        logging.getLogger(name).setLevel(logging.WARNING)
