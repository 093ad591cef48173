"""Pure checks: each takes arrays and tables, and returns what is wrong with them."""
