"""Counts for governors: how requests were decided and how soon, with nobody recognisable in
them.
"""
