"""All reports of a period in one file for the accountant."""
