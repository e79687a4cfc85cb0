"""Decisions on sharing requests."""
