"""Columns that several reports have."""

from beancount_invwd.report.output.tables import Column

ENTITY = Column("entity", "entity")
CURRENCY = Column("currency", "currency")
ITEM = Column("commodity", "item")
CATEGORY = Column("category", "category")
LOT = (
    Column("account", "account"),
    Column("lot_date", "lot date", "date"),
    Column("lot_label", "lot"),
)
