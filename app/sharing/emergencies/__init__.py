"""Emergency disclosures: recorded in one call and never refused for missing details."""
