"""What the service costs, always as a ratio: two things measured side by side in one run, so that
the machine cancels out.
"""
