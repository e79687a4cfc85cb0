"""Requests to share information about a child: submission, evaluation, decision, disclosure and
records.
"""
