"""Sharing requests over HTTP: translate, call, translate."""

from fastapi import APIRouter

from app.platform.web import StrictRoute
from app.sharing.routes import accounting, attention, decisions, life, papers, requests

router = APIRouter(prefix="/v1", tags=["sharing"], route_class=StrictRoute)
for part in (
    requests.router,
    attention.router,
    decisions.router,
    life.router,
    papers.router,
    accounting.router,
):
    router.include_router(part)
