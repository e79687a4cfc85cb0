"""Evaluate a request under the policy, and replay past evaluations."""
