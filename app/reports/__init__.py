"""Reports for governors: counts and durations of decisions, without personal data."""
