"""Present a request to each reader: views, de-identification and guidance."""
