"""The stated facts of a request, and the directory check of the recipient."""
