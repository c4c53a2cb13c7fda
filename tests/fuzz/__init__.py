"""Every driver against a million messages and more (`make fuzz`)."""
