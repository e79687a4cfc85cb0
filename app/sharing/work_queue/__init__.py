"""The work queue: requests that need attention, most urgent first."""
