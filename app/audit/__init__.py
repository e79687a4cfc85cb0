"""The audit trail: what was done and looked at, kept so that nobody can alter, remove or insert an
entry unseen.
"""
