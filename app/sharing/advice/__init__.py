"""Advice sought and given on a request."""
