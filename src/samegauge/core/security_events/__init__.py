"""What happened to accounts and rights: who, when, from where, what; append-only, for the owner to read."""
