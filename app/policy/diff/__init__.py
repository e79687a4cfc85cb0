"""The exact difference between two policy versions."""
