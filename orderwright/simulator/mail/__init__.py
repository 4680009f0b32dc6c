"""The mail catcher: takes every mail over SMTP and shows it, delivers none."""
