"""Fixtures of the tests of the OpenAPI document."""

import json
from typing import Any

import pytest
from fastapi import FastAPI

from app.main import create_app
from app.platform.settings import Settings
from tests.architecture.operations import Operation, documented_operations


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application, not started."""
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("openapi")))


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    """The document that `/openapi.json` serves."""
    served: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    return served


@pytest.fixture(scope="module")
def operations(app: FastAPI) -> dict[Operation, dict[str, Any]]:
    """Every documented operation."""
    found = documented_operations(app)
    assert len(found) > 40
    return found
