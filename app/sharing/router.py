"""Combines the HTTP routes of all sharing packages into one router."""

from fastapi import APIRouter

from app.platform.web import StrictRoute
from app.sharing.accounting import routes as accounting_routes
from app.sharing.advice import routes as advice_routes
from app.sharing.consents import routes as consents_routes
from app.sharing.decisions import routes as decisions_routes
from app.sharing.disclosures import routes as disclosures_routes
from app.sharing.emergencies import routes as emergencies_routes
from app.sharing.notices import routes as notices_routes
from app.sharing.records import routes as records_routes
from app.sharing.requests import routes as requests_routes
from app.sharing.work_queue import routes as work_queue_routes

router = APIRouter(prefix="/v1", tags=["sharing"], route_class=StrictRoute)
for part in (
    requests_routes.router,
    work_queue_routes.router,
    decisions_routes.router,
    disclosures_routes.router,
    emergencies_routes.router,
    advice_routes.router,
    notices_routes.router,
    consents_routes.router,
    records_routes.router,
    accounting_routes.router,
):
    router.include_router(part)
