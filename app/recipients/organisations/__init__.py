"""Organisations of the directory: list, read, register, change, retire."""
