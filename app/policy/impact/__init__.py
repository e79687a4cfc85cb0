"""The impact of a policy version on past requests."""
