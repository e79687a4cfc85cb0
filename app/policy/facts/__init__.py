"""Facts as clients state them: wire schemas, personal-data split, worked examples."""
