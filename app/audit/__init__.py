"""The audit log: an append-only Merkle tree of entries about acts and reads. Verification finds
every entry that was altered, removed or inserted.
"""
