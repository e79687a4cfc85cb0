"""Evaluation of facts under the policy in force, without storing them."""
