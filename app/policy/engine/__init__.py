"""The policy engine: grammar, vocabulary, derivation of facts, evaluation and deadlines."""
