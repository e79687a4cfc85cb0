"""Disclosures: records of the information shared, with its recipient, time and route."""
