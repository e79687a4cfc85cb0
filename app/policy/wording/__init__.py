"""A policy in plain English: every version as a document to read, print and compare. Pure but for
its routes.

Law: nothing in a policy is left out, and nothing is said that its rows do not say.
"""
