"""The case aggregate: a sharing request, its records and subjects, and their storage."""
