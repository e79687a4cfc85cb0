"""How long what was recorded is kept, what is due, and who decides that it goes."""
