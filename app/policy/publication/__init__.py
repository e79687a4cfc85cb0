"""Published policy versions as pages and lists."""
