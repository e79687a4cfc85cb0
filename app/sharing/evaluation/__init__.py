"""Evaluates a request under the policy, and replays past evaluations."""
