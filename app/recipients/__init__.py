"""The directory of organisations and people that information may go to, and the checks of their
identity.
"""
