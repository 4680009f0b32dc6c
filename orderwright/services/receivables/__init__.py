"""What customers and carriers owe for goods that have left: paid, credited, overdue."""
