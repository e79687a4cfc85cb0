"""Sharing requests: submission, reading, amendment, re-evaluation, withdrawal and closure."""
