"""Identity checks of organisations and contacts: record, list."""
