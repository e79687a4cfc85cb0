"""Errors, canonical JSON, time, identifiers and data classification, for every package."""
