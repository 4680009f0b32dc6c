"""Cases of deliveries that went wrong, replacements, the promise's guardian."""
