"""Compute the entity tag of a request."""

from app.platform.preconditions import etag_of
from app.sharing.case.case import Head, View


def etag(head: Head, view: View) -> str:
    """The entity tag of a request in this view."""
    return etag_of(head.version, view.value)
