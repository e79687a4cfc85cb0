"""What each reader sees of a request."""
