"""Machinery without domain words: settings, database, web edge, problems, paging, idempotency,
preconditions, logs, telemetry.
"""
