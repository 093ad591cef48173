"""What the tests of reports share."""

from browser import chromium

__all__ = ["chromium"]
