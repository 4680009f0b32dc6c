"""Documents of money: what they say and how their tax is found."""
