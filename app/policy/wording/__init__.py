"""A policy in plain English, as a document to read and print.

Invariant: the document contains everything in the policy, and nothing that its rows do not say.
"""
