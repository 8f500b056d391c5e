"""Signing in: passwords, second factors, the company's identity provider, sessions, and what is asked before them."""
