"""The views of the page, and ledgers that tests show it with."""

from __future__ import annotations

VIEWS = {
    "todo": "To do",
    "positions": "Positions",
    "movements": "Movements",
    "rollforward": "Roll-forward",
    "risk": "At risk",
    "prices": "Prices",
    "compare": "Compare",
    "disclosure": "Disclosure",
    "help": "Help",
}
"""Names in addresses, and on the page."""

HEAD = """
option "title" "Test"
option "operating_currency" "USD"
2024-01-01 custom "fava-extension" "beancount_invwd.fava"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
"""
PLUGIN = 'plugin "beancount_invwd"\n'
PURCHASE = """
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
"""
ONE_LOSS = f"""{PLUGIN}{HEAD}{PURCHASE}
2024-01-31 price WIDGET  11.00 USD
"""
"""Ten widgets cost 120.00 and bring in 110.00: the allowance is 10.00."""

PAGE = "/extension/Impairment/"
