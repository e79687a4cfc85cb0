"""The pure vocabulary that every room speaks: errors, canonical bytes, time and identifiers."""
