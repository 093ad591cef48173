"""Places that works come from, and what a selection would read of one."""
