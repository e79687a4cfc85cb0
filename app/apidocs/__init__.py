"""The documentation that the service serves, without files from any other host."""
