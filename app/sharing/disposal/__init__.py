"""Dispose of the personal data of a request, and find requests due for disposal or review."""
