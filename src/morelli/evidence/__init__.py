"""Why: the known works that are closest, what each part says alone, where the network looked."""
