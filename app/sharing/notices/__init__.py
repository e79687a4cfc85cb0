"""Notices that inform a person or family about a disclosure."""
