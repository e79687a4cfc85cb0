"""The record of a request and letters, as JSON, HTML and PDF."""
