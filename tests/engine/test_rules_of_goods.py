"""The slow model against figures by hand: lots, groups, releases (ACCOUNTING sections 3, 5, 8)."""

from __future__ import annotations

import pytest

from tests.support.pencil import LOSS_30, TEN_AT_TEN, Pencil, check

PENCIL: Pencil = {
    # ------------------------------------------------------------------ section 5
    "section 5: cheaper goods take no loss back, nor more than came back": (
        TEN_AT_TEN
        + """
        2024-02-05 * "buy"
          Assets:Inventory:A  100 MUG {5.00 USD}
          Assets:Cash
        2024-02-29 price MUG 7.00 USD
        2024-03-31 price MUG 8.00 USD
        """,
        "{}",
        LOSS_30 + "2024-03-31 reversal Allow 10, Back -10",
    ),
    "section 5: with a category goods are netted by definition": (
        TEN_AT_TEN
        + """
        2024-02-05 * "buy"
          Assets:Inventory:A  100 MUG {5.00 USD}
          Assets:Cash
        2024-02-29 price MUG 7.00 USD
        """,
        "{'basis': 'total'}",
        LOSS_30 + "2024-02-29 reversal Allow 30, Back -30",
    ),
    "section 5: a floor takes from the share of the others": (
        # 30.00 + 10.00 - 20.00 = 20.00, raised to the 30.00 that A keeps: nothing is left for B.
        TEN_AT_TEN
        + """
        2024-02-05 * "buy"
          Assets:Inventory:B  10 MUG {8.00 USD}
          Assets:Inventory:B  20 MUG {6.00 USD}
          Assets:Cash
        2024-02-29 price MUG 7.00 USD
        """,
        "{}",
        LOSS_30,
    ),
    "section 5: what comes back to one lot does not go to the other": (
        # At 6.00: 40 and 20 x (8 - 6) = 40; at 7.00: 30 and 20.
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Inventory:B  20 MUG {8.00 USD}
          Assets:Cash
        2024-01-31 price MUG 6.00 USD
        2024-02-29 price MUG 7.00 USD
        """,
        "{}",
        """2024-01-31 write-down Allow -40, AllowB -40, Loss 80
        2024-02-29 reversal Allow 10, AllowB 20, Back -30""",
    ),
    # ------------------------------------------------------------------ section 3
    "F05: a freight bill after half is sold": (
        """
        2024-01-05 * "Bars"
          Assets:Inventory:A  100 BAR {10.00 USD}
            expires: 2024-06-30
          Liabilities:Payable
        2024-01-20 * "Sale"
          Assets:Inventory:A  -40 BAR {}
          Expenses:COGS  400.00 USD
        2024-01-31 price BAR 11.00 USD
        2024-02-10 * "Freight of the January bars, 1.50 each"
          Assets:Inventory:A  -60 BAR {10.00 USD, 2024-01-05}
          Assets:Inventory:A   60 BAR {11.50 USD, 2024-01-05}
          Expenses:COGS  60.00 USD
          Liabilities:Payable  -150.00 USD
        2024-02-29 price BAR 11.00 USD
        2024-06-30 price BAR 11.00 USD
        """,
        "{}",
        """2024-02-29 write-down Allow -30, Loss 30
        2024-06-30 write-off Allow -660, Off 660""",
    ),
    "re-costing carries the locked part": (
        """
        2023-12-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2023-12-31 price MUG 7.00 USD
        2024-01-10 * "customs"
          Assets:Inventory:A  -10 MUG {10.00 USD, 2023-12-05}
          Assets:Inventory:B   10 MUG {11.00 USD, 2023-12-05}
          Assets:Cash
        2024-01-31 price MUG 12.00 USD
        """,
        "{'standard': 'asc330'}",
        """2023-12-31 write-down Allow -30, Loss 30
        2024-01-10 transfer Allow 30, AllowB -30""",
    ),
    "a rebate below what is left: step 6": (
        TEN_AT_TEN
        + """
        2024-02-10 * "rebate"
          Assets:Inventory:A  -10 MUG {10.00 USD, 2024-01-05}
          Assets:Inventory:A   10 MUG {2.00 USD, 2024-01-05}
          Liabilities:Payable
        2024-02-29 price MUG 1.00 USD
        """,
        "{}",
        LOSS_30
        + """2024-02-10 release Allow 10, Back -10 (supplier-return)
        2024-02-29 reversal Allow 10, Back -10""",
    ),
    "an exchange for goods of a later date is a purchase and a reduction": (
        TEN_AT_TEN
        + """
        2024-02-10 * "exchanged"
          Assets:Inventory:A  -10 MUG {10.00 USD, 2024-01-05}
          Assets:Inventory:A   10 MUG {10.00 USD, 2024-02-01}
        """,
        "{}",
        LOSS_30 + "2024-02-10 release Allow 30, Back -30 (supplier-return)",
    ),
    "F13: a customer's return after a write-down": (
        TEN_AT_TEN
        + """
        2024-02-10 * "Four sold"
          Assets:Inventory:A  -4 MUG {}
          Expenses:COGS  40.00 USD
          Income:Sales  -28.00 USD
          Assets:Cash  28.00 USD
        2024-02-20 * "The four come back"
          Assets:Inventory:A  4 MUG {10.00 USD, 2024-01-05}
          Expenses:COGS  -40.00 USD
          Income:Sales  28.00 USD
          Assets:Cash  -28.00 USD
        2024-02-29 price MUG 7.00 USD
        """,
        "{}",
        LOSS_30
        + """2024-02-10 release Allow 12, COGS -12 (other)
        2024-02-20 release Allow -12, COGS 12 (customer-return)""",
    ),
    "a return of what a former year released comes back locked": (
        """
        2023-11-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2023-11-30 price MUG 7.00 USD
        2023-12-10 * "sold"
          Assets:Inventory:A  -10 MUG {}
          Expenses:COGS  100.00 USD
        2024-01-10 * "two come back"
          Assets:Inventory:A  2 MUG {10.00 USD, 2023-11-05}
          Expenses:COGS  -20.00 USD
        2024-01-31 price MUG 9.00 USD
        """,
        "{'standard': 'asc330'}",
        """2023-11-30 write-down Allow -30, Loss 30
        2023-12-10 release Allow 30, COGS -30 (other)
        2024-01-10 release Allow -6, COGS 6 (customer-return)""",
    ),
    "last out, first back, each unit once": (
        # 2 sold with 6.00, then (price 6.00) 4 sold with 16.00: three back carry 12.00, three more
        # 4.00 + 6.00, and the next one is a purchase.
        TEN_AT_TEN
        + """
        2024-02-10 * "sold"
          Assets:Inventory:A  -2 MUG {}
          Expenses:COGS  20.00 USD
        2024-02-29 price MUG 6.00 USD
        2024-03-10 * "sold"
          Assets:Inventory:A  -4 MUG {}
          Expenses:COGS  40.00 USD
        2024-03-11 * "back"
          Assets:Inventory:A  3 MUG {10.00 USD, 2024-01-05}
          Expenses:COGS  -30.00 USD
        2024-03-12 * "back"
          Assets:Inventory:A  3 MUG {10.00 USD, 2024-01-05}
          Expenses:COGS  -30.00 USD
        2024-03-13 * "back"
          Assets:Inventory:A  1 MUG {10.00 USD, 2024-01-05}
          Expenses:COGS  -10.00 USD
        """,
        "{}",
        LOSS_30
        + """2024-02-10 release Allow 6, COGS -6 (other)
        2024-02-29 write-down Allow -8, Loss 8
        2024-03-10 release Allow 16, COGS -16 (other)
        2024-03-11 release Allow -12, COGS 12 (customer-return)
        2024-03-12 release Allow -10, COGS 10 (customer-return)""",
    ),
    "a return at another cost ends at the former carrying amount": (
        # carrying 7.00 each; back at 8.00: 1.00 each
        TEN_AT_TEN
        + """
        2024-02-10 * "sold"
          Assets:Inventory:A  -4 MUG {}
          Expenses:COGS  40.00 USD
        2024-02-20 * "back"
          invwd-return: TRUE
          Assets:Inventory:A  2 MUG {8.00 USD}
          Expenses:COGS  -16.00 USD
        """,
        "{}",
        LOSS_30
        + """2024-02-10 release Allow 12, COGS -12 (other)
        2024-02-20 release Allow -2, COGS 2 (customer-return)""",
    ),
    "a return into a pool": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:Pool  10 MUG {10.00 USD}
          Assets:Cash
        2024-01-31 price MUG 7.00 USD
        2024-02-10 * "sold"
          Assets:Inventory:Pool  -4 MUG {10.00 USD}
          Expenses:COGS  40.00 USD
        2024-02-20 * "back"
          invwd-return: TRUE
          Assets:Inventory:Pool  1 MUG {10.00 USD}
          Expenses:COGS  -10.00 USD
        """,
        "{}",
        """2024-01-31 write-down AllowP -30, Loss 30
        2024-02-10 release AllowP 12, COGS -12 (other)
        2024-02-20 release AllowP -3, COGS 3 (customer-return)""",
    ),
    "a surplus found takes back what it carried, as a count": (
        TEN_AT_TEN
        + """
        2024-02-10 * "missing"
          Assets:Inventory:A  -4 MUG {}
          Expenses:Inventory:Write-Off
        2024-02-20 * "found"
          Assets:Inventory:A  1 MUG {10.00 USD, 2024-01-05}
          Expenses:Inventory:Write-Off
        """,
        "{}",
        LOSS_30
        + """2024-02-10 release Allow 12, Off -12 (other)
        2024-02-20 release Allow -3, Off 3 (count)""",
    ),
    # ------------------------------------------------------------------ section 8
    "F20: fire and insurance": (
        TEN_AT_TEN
        + """
        2024-02-10 * "Fire: 80 of 100 covered"
          Assets:Inventory:A  -10 MUG {}
          Assets:Receivable  80.00 USD
          Expenses:Inventory:Write-Off  20.00 USD
        """,
        "{}",
        LOSS_30 + "2024-02-10 release Allow 30, Back -10, Off -20 (other)",
    ),
    "F69: one day's sales in two channels": (
        TEN_AT_TEN
        + """
        2024-02-10 * "six in the shop, four on the web"
          Assets:Inventory:A  -10 MUG {}
          Expenses:COGS:Shop  60.00 USD
          Expenses:COGS:Web  40.00 USD
          Income:Sales  -100.00 USD
          Assets:Cash  100.00 USD
        """,
        "{}",
        LOSS_30
        + "2024-02-10 release Allow 30, Expenses:COGS:Shop -18, Expenses:COGS:Web -12 (other)",
    ),
    "drawings and samples, in proportion": (
        TEN_AT_TEN
        + """
        2024-02-10 * "given away, taken home"
          Assets:Inventory:A  -5 MUG {}
          Expenses:Samples  20.00 USD
          Equity:Drawings  30.00 USD
        """,
        "{}",
        LOSS_30 + "2024-02-10 release Allow 15, Equity:Drawings -9, Expenses:Samples -6 (own-use)",
    ),
    "put to own use": (
        TEN_AT_TEN
        + """
        2024-02-10 * "a mug for the office"
          Assets:Inventory:A  -1 MUG {}
          Assets:Equipment  10.00 USD
        """,
        "{}",
        LOSS_30 + "2024-02-10 release Allow 3, Assets:Equipment -3 (own-use)",
    ),
    "back to the supplier, less a fee": (
        TEN_AT_TEN
        + """
        2024-02-10 * "back"
          Assets:Inventory:A  -10 MUG {}
          Expenses:Fees  5.00 USD
          Liabilities:Payable
        """,
        "{}",
        LOSS_30 + "2024-02-10 release Allow 30, Back -25, Expenses:Fees -5 (supplier-return)",
    ),
    "a net gain, and two accounts under income": (
        TEN_AT_TEN
        + """
        2024-02-10 * "net gain"
          Assets:Inventory:A  -5 MUG {}
          Assets:Cash  60.00 USD
          Income:Sales
        2024-02-11 * "two"
          Assets:Inventory:A  -5 MUG {}
          Assets:Cash  70.00 USD
          Income:Sales  -10.00 USD
          Income:Other
        """,
        "{}",
        LOSS_30
        + """2024-02-10 release Allow 15, Income:Sales -15 (other)
        2024-02-11 release Allow 15, COGS -15 (other)""",
    ),
}


@pytest.mark.parametrize(("ledger", "config", "pencil"), PENCIL.values(), ids=PENCIL)
def test_the_model_agrees_with_the_pencil(ledger: str, config: str, pencil: str) -> None:
    check(ledger, config, pencil)
