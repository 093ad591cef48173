"""Works: where they come from, how they are chosen, split and kept."""
