"""Decisions on a request."""
