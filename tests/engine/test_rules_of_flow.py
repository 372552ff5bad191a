"""The slow model against figures by hand: the flow from prices to books (ACCOUNTING 3 to 8)."""

from __future__ import annotations

import pytest

from tests.support.pencil import Pencil, check

PENCIL: Pencil = {
    "a loss, a sale and a recovery": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {5.00 USD}
          Assets:Cash
        2024-01-20 price MUG 3.80 USD
        2024-02-10 * "sell"
          Assets:Inventory:A  -4 MUG {}
          Assets:Cash  30 USD
          Income:Sales  -30 USD
          Expenses:COGS
        2024-02-20 price MUG 4.50 USD
        2024-03-31 price USD 0.9 EUR
        """,
        "{}",
        """2024-01-31 write-down Allow -12, Loss 12
        2024-02-10 release Allow 4.8, COGS -4.8 (other)
        2024-02-29 reversal Allow 4.2, Back -4.2""",
    ),
    "item by item nets, lot by lot does not": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {5.00 USD}
          Assets:Inventory:A  10 MUG {3.50 USD}
          Assets:Cash
        2024-01-20 price MUG 4.00 USD
        2024-02-01 price TEA 4 USD
        2024-02-05 * "buy"
          Assets:Inventory:A  8 TEA {5.00 USD}
          Assets:Inventory:A  1 TEA {3.50 USD}
          Assets:Cash
        2024-02-29 price USD 1 EUR
        """,
        "{}",
        """2024-01-31 write-down Allow -5, Loss 5
        2024-02-29 write-down Allow -7.5, Loss 7.5""",
    ),
    "shares by largest remainder, the earliest lot first": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:B  1 MUG {1.00 USD}
          Assets:Inventory:C  1 MUG {1.00 USD}
          Assets:Inventory:A  1 MUG {1.00 USD}
          Assets:Cash
        2024-01-31 price MUG 0.6667 USD
        """,
        "{}",
        "2024-01-31 write-down Allow -0.33, AllowB -0.34, AllowC -0.33, Loss 1",
    ),
    "a loss of an earlier fiscal year stays under ASC 330": (
        """
        2023-11-05 * "buy"
          Assets:Inventory:A  10 MUG {5.00 USD}
          Assets:Cash
        2023-11-20 price MUG 4.00 USD
        2023-12-20 price MUG 4.20 USD
        2024-01-20 price MUG 5.20 USD
        2024-02-20 price MUG 4.10 USD
        2024-03-20 price MUG 4.15 USD
        2024-03-31 price USD 1 EUR
        """,
        "{'standard': 'asc330'}",
        """2023-11-30 write-down Allow -10, Loss 10
        2023-12-31 reversal Allow 2, Back -2
        2024-02-29 write-down Allow -1, Loss 1
        2024-03-31 reversal Allow 0.5, Back -0.5""",
    ),
    "a transfer that loses units on the way": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  9 MUG {4.00 USD}
          Assets:Cash
        2024-01-31 price MUG 2.889 USD
        2024-02-05 * "move"
          Assets:Inventory:A  -7 MUG {}
          Assets:Inventory:B  5 MUG {4.00 USD}
          Expenses:Shrinkage
        """,
        "{}",
        """2024-01-31 write-down Allow -10, Loss 10
        2024-02-05 release Allow 2.22, Expenses:Shrinkage -2.22 (other)
        2024-02-05 transfer Allow 5.56, AllowB -5.56""",
    ),
    "materials become products, a fifth is lost": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {2.00 USD}
          Assets:Inventory:A  10 TEA {3.00 USD}
          Assets:Cash
        2024-01-31 price MUG 1.50 USD
        2024-02-05 * "pack"
          Assets:Inventory:A  -10 MUG {}
          Assets:Inventory:A  -10 TEA {}
          Assets:Inventory:B  4 WIDGET {10.00 USD}
          Expenses:Shrinkage
        """,
        "{}",
        """2024-01-31 write-down Allow -5, Loss 5
        2024-02-05 release Allow 1, Expenses:Shrinkage -1 (other)
        2024-02-05 transfer Allow 4, AllowB -4""",
    ),
    "a pool": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:Pool  10 MUG {4.00 USD}
          Assets:Inventory:Pool  10 MUG {6.00 USD}
          Assets:Cash
        2024-01-31 price MUG 4.00 USD
        2024-02-05 * "send back"
          Assets:Inventory:Pool  -5 MUG {5.00 USD}
          Liabilities:Payable
        """,
        "{}",
        """2024-01-31 write-down AllowP -20, Loss 20
        2024-02-05 release AllowP 5, Back -5 (supplier-return)""",
    ),
    "lower of cost and market: the floor": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2024-01-30 custom "invwd-replacement-cost" "MUG" 6.00 USD
        2024-01-31 price MUG 9.00 USD
        """,
        "{'standard': 'asc330-lcm', 'selling_cost': '10%', 'normal_margin': '20%'}",
        "2024-01-31 write-down Allow -37, Loss 37",
    ),
    "expired goods are not netted, and small losses go to cost of goods sold": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
            expires: 2024-02-15
            invwd-salvage: 1.00 USD
          Assets:Inventory:A  10 MUG {9.50 USD}
          Assets:Cash
        2024-01-31 price MUG 9.40 USD
        2024-02-29 price MUG 20.00 USD
        """,
        "{'materiality': '10 USD'}",
        """2024-01-31 write-down Allow -7, COGS 7
        2024-02-29 write-down Allow -84, Loss 84
        2024-02-29 reversal Allow 1, COGS -1
        2024-02-29 transfer COGS -7, Loss 7""",
    ),
    "a price in another currency, at the closing rate": (
        """
        2024-01-01 price USD 0.80 EUR
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2024-01-20 price MUG 7.00 EUR
        2024-01-31 price EUR 1.30 USD
        """,
        "{'period': 'price', 'release': 'period'}",
        "2024-01-20 write-down Allow -12.5, Loss 12.5",
    ),
}


@pytest.mark.parametrize(("ledger", "config", "pencil"), PENCIL.values(), ids=PENCIL)
def test_the_model_agrees_with_the_pencil(ledger: str, config: str, pencil: str) -> None:
    check(ledger, config, pencil)
