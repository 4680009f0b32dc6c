"""Who else knows what tax is owed."""
