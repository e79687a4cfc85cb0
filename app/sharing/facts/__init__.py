"""What was stated about a request, and what the directory says about the recipient."""
