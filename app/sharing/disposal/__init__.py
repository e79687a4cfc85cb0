"""Destroys the personal data of a request, and finds requests that end."""
