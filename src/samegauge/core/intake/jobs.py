"""The import as long work: the worker's job and the command line's are the same function."""

from __future__ import annotations
