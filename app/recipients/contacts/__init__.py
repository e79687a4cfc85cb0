"""Contacts at an organisation: list, read, add, change, retire."""
