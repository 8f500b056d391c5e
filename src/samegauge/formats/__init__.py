"""Outside formats: bytes to frozen dataclasses and back."""
