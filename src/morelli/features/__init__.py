"""Pixels to vectors, once."""
