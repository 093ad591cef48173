"""Many settings on one collection: compared on val, the best tested."""
