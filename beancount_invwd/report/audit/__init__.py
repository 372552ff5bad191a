"""The listing of lots that an auditor tests."""
