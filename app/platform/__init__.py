"""Parts of the service that know nothing of information sharing: settings, database, routes,
problem documents, paging, idempotency, preconditions, printed documents, logs and metrics.
"""
