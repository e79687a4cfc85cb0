"""Pure evaluation: grammar, vocabulary, derivation of facts, tables, deadlines."""
