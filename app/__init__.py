"""Decides, records and proves the sharing of information about a child, so that nobody is held up
and nothing goes unrecorded.
"""
