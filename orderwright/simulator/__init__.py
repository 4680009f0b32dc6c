"""The outside world, simulated: a process of its own that shares no code with the product."""
