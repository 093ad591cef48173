"""Pure checks: each takes arrays and tables, and says what is wrong with them."""
