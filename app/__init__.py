"""Evaluate, record and audit the sharing of information about children in schools."""
