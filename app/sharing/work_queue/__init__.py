"""Requests that need attention, most urgent first."""
