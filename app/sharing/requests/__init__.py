"""Submitting, reading, amending and ending a request."""
