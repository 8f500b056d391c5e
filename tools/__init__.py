"""The house checks: each module finds one kind of breach; ``python -m tools.check`` runs them all."""
