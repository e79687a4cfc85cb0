"""Emergency disclosures: recorded in one call, with few required details."""
