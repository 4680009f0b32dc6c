"""What the rows say before and after carriers and warehouses are asked."""
