"""Is the collection fit to learn from?"""
