"""The facts of a case as clients send them: schemas, field types and examples."""
