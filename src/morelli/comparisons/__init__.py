"""Runs compared in pairs on the same test works."""
