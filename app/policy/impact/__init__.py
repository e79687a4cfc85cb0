"""What a draft policy would have changed in past requests."""
