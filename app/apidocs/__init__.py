"""The API's documentation as a page that needs nothing from any other host."""
