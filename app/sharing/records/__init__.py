"""Produce the record of a request and the letters, as JSON, HTML and PDF."""
