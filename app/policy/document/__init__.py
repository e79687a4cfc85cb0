"""Reading a policy document: source, parser, name and table checks, safety floor."""
