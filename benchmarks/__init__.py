"""Measurements of the cost of the service, as ratios: two programs are measured in one run, so that
the speed of the machine cancels out.
"""
