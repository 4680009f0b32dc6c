"""The steps that touch the world: each translates, calls one port or service, and classifies the failure."""
