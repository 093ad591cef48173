"""Six invented painters, and the demo that learns to tell them apart."""
