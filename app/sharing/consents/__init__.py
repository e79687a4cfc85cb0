"""Consent and its withdrawal."""
