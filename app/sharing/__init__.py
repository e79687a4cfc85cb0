"""Requests to share information about a child: submitted, evaluated, decided by a person,
disclosed, and recorded whatever the outcome.
"""
