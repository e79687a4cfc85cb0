"""Advice on sharing requests."""
