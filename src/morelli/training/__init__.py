"""Vectors to a head."""
