"""Machines die, answers get lost, people change their minds: every order ends, all happens once."""
