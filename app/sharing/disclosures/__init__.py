"""Records what was in fact shared, with whom, when and how."""
