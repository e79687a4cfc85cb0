"""Every error has its own code, a title and a status."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import app
from app.kernel.errors import Kind, ServiceError
from app.platform.problems import STATUS


def failures(of: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    for one in of.__subclasses__():
        yield one
        yield from failures(one)


def known() -> list[type[ServiceError]]:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name != "app.__main__":
            importlib.import_module(module.name)
    return [one for one in failures() if one.__module__.startswith("app.")]


def test_every_error_has_a_title_and_a_code() -> None:
    found = known()
    assert len(found) > 30
    for one in found:
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", one.code), one
        assert one.code != ServiceError.code, f"{one} has no code of its own"
        assert one.title != ServiceError.title, f"{one} has no title of its own"
        assert one.__doc__, one


def test_every_kind_has_a_status() -> None:
    assert STATUS.keys() == set(Kind)
    assert len(set(STATUS.values())) == len(STATUS)
