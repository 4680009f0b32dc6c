"""From where units ship, and why."""
