"""Notices to the person or family about a disclosure."""
