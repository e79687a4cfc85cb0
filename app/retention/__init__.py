"""How long requests are kept, which are due for review or disposal, and disposal itself."""
