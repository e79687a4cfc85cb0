"""The aggregate: a sharing request, its records and subjects, with storage."""
