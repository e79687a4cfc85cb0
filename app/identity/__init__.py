"""Accounts, sign-in, access tokens, roles and permissions."""
