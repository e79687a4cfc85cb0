"""Drafting, approving and withdrawing policy versions, and the version in force."""
