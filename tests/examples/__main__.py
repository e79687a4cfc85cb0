"""`python -m tests.examples` records the examples of the OpenAPI document (`make openapi`)."""

import asyncio
import json
import os
import tempfile
from pathlib import Path

from app.openapi import EXAMPLES
from app.platform import migrations
from app.platform.db import connect
from app.platform.settings import PREFIX, Settings
from tests.examples.recorder import Examples
from tests.examples.story import record_story


async def record(folder: Path) -> Examples:
    """The replies of the service on an empty SQLite database in this folder."""
    settings = Settings(data_dir=folder)
    database = connect(settings)
    await migrations.upgrade(database)
    await database.close()
    return await record_story(settings)


def main() -> None:
    """Write the file with one operation on each line, so that differences are readable."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        examples = asyncio.run(record(Path(folder)))
    lines = (f"{json.dumps(name)}: {_written(examples[name])}" for name in sorted(examples))
    EXAMPLES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


main()
