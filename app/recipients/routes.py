"""The directory over HTTP. Every role reads it; the DSL and the IG lead change it. Entries are
retired, never deleted.
"""

from typing import Final

from fastapi import APIRouter

from app.platform.web import StrictRoute
from app.recipients.contacts import routes as contacts_routes
from app.recipients.organisations import routes as organisations_routes
from app.recipients.verifications import routes as verifications_routes

router: Final = APIRouter(prefix="/v1", tags=["recipients"], route_class=StrictRoute)
for part in (organisations_routes.router, contacts_routes.router, verifications_routes.router):
    router.include_router(part)
