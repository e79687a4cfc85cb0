"""The school's policy as data: facts in, a recommendation with its reasons out."""
