"""Lots and movements → rows, documents and files for people and scripts; nothing is changed.

One file or folder a report, over `ledger` (what the ledger has) and `output` (tables, formats). The
command line and the Fava page show the same rows.
"""
