"""Send e-mail to the designated safeguarding lead about requests that need attention.

Invariant: no message names or describes a person.
"""
