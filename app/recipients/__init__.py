"""The directory of organisations and people that information may go to, and how the school made
sure of them.
"""
