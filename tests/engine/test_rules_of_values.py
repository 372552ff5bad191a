"""The slow model against figures by hand: values, materiality (ACCOUNTING 2, 4, 7, 10, 11)."""

from __future__ import annotations

import pytest

from tests.support.pencil import Pencil, check

PENCIL: Pencil = {
    # ------------------------------------------------------------------ section 7
    "F43: the year's loss is the line": (
        """
        2024-01-05 * "Vases"
          Assets:Inventory:A  100 VASE {10.00 USD}
          Liabilities:Payable
        2024-01-31 price VASE 7.00 USD
        2024-02-29 price VASE 4.00 USD
        """,
        "{'materiality': '500 USD'}",
        """2024-01-31 write-down Allow -300, COGS 300
        2024-02-29 write-down Allow -300, Loss 300
        2024-02-29 transfer COGS -300, Loss 300""",
    ),
    "F43: only the excess is the line": (
        """
        2024-01-05 * "Vases"
          Assets:Inventory:A  100 VASE {10.00 USD}
          Liabilities:Payable
        2024-01-31 price VASE 7.00 USD
        2024-02-29 price VASE 4.00 USD
        """,
        "{'materiality': '500 USD', 'materiality_line': 'excess'}",
        """2024-01-31 write-down Allow -300, COGS 300
        2024-02-29 write-down Allow -300, COGS 200, Loss 100""",
    ),
    "a percentage of what is on hand moves the threshold": (
        # 10 % of 1,000.00: 30.00 are small; 10 % of 200.00: they are not.
        """
        2024-01-05 * "Vases"
          Assets:Inventory:A  100 VASE {10.00 USD}
          Liabilities:Payable
        2024-01-31 price VASE 9.70 USD
        2024-02-10 * "sold"
          Assets:Inventory:A  -80 VASE {}
          Expenses:COGS  800.00 USD
        2024-02-29 price VASE 9.70 USD
        """,
        "{'materiality': '10%'}",
        """2024-01-31 write-down Allow -30, COGS 30
        2024-02-10 release Allow 24, COGS -24 (other)
        2024-02-29 transfer COGS -30, Loss 30""",
    ),
    # ------------------------------------------------------------------ section 4
    "F56: a purchase price is no selling price": (
        """
        plugin "beancount.plugins.implicit_prices"
        2024-01-20 * "Books"
          Assets:Inventory:A  100 MUG {8.00 USD} @ 8.00 USD
          Liabilities:Payable
        2024-01-31 price USD 1 EUR
        """,
        "{'selling_cost': '5%'}",
        "",
    ),
    "F58: a sale to a friend is no evidence": (
        """
        plugin "beancount.plugins.implicit_prices"
        2024-01-05 * "Vases"
          Assets:Inventory:A  100 VASE {10.00 USD}
          Liabilities:Payable
        2024-01-06 price VASE 15.00 USD
        2024-01-30 * "Friend"
          Assets:Inventory:A  -1 VASE {} @ 6.00 USD
            invwd-exclude: TRUE
          Assets:Cash  6.00 USD
          Expenses:COGS  4.00 USD
        2024-01-31 price USD 1 EUR
        """,
        "{}",
        "",
    ),
    "F58: without the mark it is": (
        """
        plugin "beancount.plugins.implicit_prices"
        2024-01-05 * "Vases"
          Assets:Inventory:A  100 VASE {10.00 USD}
          Liabilities:Payable
        2024-01-06 price VASE 15.00 USD
        2024-01-30 * "Friend"
          Assets:Inventory:A  -1 VASE {} @ 6.00 USD
          Assets:Cash  6.00 USD
          Expenses:COGS  4.00 USD
        2024-01-31 price USD 1 EUR
        """,
        "{}",
        "2024-01-31 write-down Allow -396, Loss 396",
    ),
    "F41: one of two unlabelled lots loses value": (
        """
        2024-01-05 * "First"
          Assets:Inventory:A  10 RUG {10.00 USD}
          Liabilities:Payable
        2024-02-05 * "Second"
          Assets:Inventory:A  10 RUG {10.00 USD}
          Liabilities:Payable
        2024-02-20 custom "invwd-nrv" "RUG" 4.00 USD "got wet"
          date: 2024-01-05
        2024-02-29 price RUG 15.00 USD
        """,
        "{}",
        "2024-02-29 write-down Allow -60, Loss 60",
    ),
    "prices with tax": (
        # 12.00 with 20 % tax: 10.00 net, less 10 % selling cost: 9.00
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {9.50 USD}
          Assets:Cash
        2024-01-31 price MUG 12.00 USD
        """,
        "{'price_includes': '20%', 'selling_cost': '10%'}",
        "2024-01-31 write-down Allow -5, Loss 5",
    ),
    "scrap is no demand, and expired goods cover none": (
        # 10 sold in 100 days, 5 scrapped; 25 saleable of 45: 250 days of supply, 20 %.
        """
        2023-12-01 * "buy"
          Assets:Inventory:A  40 MUG {10.00 USD}
          Assets:Inventory:B  20 MUG {10.00 USD}
            expires: 2024-03-01
            invwd-salvage: 10.00 USD
          Assets:Cash
        2024-02-10 * "sold"
          Assets:Inventory:A  -10 MUG {}
          Expenses:COGS  100.00 USD
        2024-02-11 * "scrap"
          Assets:Inventory:A  -5 MUG {}
          Expenses:Inventory:Write-Off  50.00 USD
        2024-03-31 price MUG 20.00 USD
        """,
        "{'coverage': {'window': 100, 'rates': {250: '20%'}, 'apply': 'item'}, 'measure': 'cost'}",
        "2024-03-31 write-down Allow -50, Loss 50",
    ),
    # ------------------------------------------------------------------ section 10
    "section 10: contracts are tested apart": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  40 SOFA {160.00 USD}
          Assets:Cash
        2024-01-10 custom "invwd-contract" 16 SOFA 168.00 USD
          until: 2024-12-31
        2024-01-31 price SOFA 155.20 USD
        """,
        "{}",
        "2024-01-31 write-down Allow -115.2, Loss 115.2",
    ),
    "a contract that is cheaper to leave": (
        # 10.00 cost, contract 6.00 (loss 4.00), market 9.00 (loss 1.00) + 2.00 penalty: left.
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2024-01-10 custom "invwd-contract" 10 MUG 6.00 USD
          until: 2024-02-15
          penalty: 2.00 USD
        2024-01-31 price MUG 9.00 USD
        2024-02-10 custom "invwd-contract" 10 MUG 7.00 USD
          until: 2024-12-31
          penalty: 2.00 USD
        2024-02-29 price MUG 9.00 USD
        """,
        "{}",
        """2024-01-31 write-down Allow -10, Loss 10
        2024-02-29 write-down Allow -20, Loss 20""",
    ),
    "a material by its product, with yield and completion": (
        # (100.00 - 4.00) x 0.25 - 12.00 = 12.00 against 13.50
        """
        2024-01-01 commodity BOARD
          invwd-used-in: "0.25 TABLE"
          invwd-completion-cost: 12.00 USD
        2024-01-05 * "buy"
          Assets:Inventory:A  10 BOARD {13.50 USD}
          Assets:Cash
        2024-01-10 price BOARD 5.00 USD
        2024-01-31 price TABLE 100.00 USD
        """,
        "{'selling_cost': '4%'}",
        "2024-01-31 write-down Allow -15, Loss 15",
    ),
    "a material of a loss-making product: the newest purchase": (
        # TABLE costs 100.00, brings 90.00: the older lot is worth 8.00, the newest keeps its cost.
        """
        2024-01-01 commodity BOARD
          invwd-used-in: "TABLE"
        2024-01-05 * "buy"
          Assets:Inventory:A  10 BOARD {10.00 USD}
          Assets:Inventory:B  1 TABLE {100.00 USD}
          Assets:Cash
        2024-01-20 * "buy"
          Assets:Inventory:A  10 BOARD {8.00 USD}
          Assets:Cash
        2024-01-31 price TABLE 90.00 USD
        """,
        "{}",
        """2024-01-31 write-down Allow -20, Loss 20
        2024-01-31 write-down AllowB -10, Loss 10""",
    ),
    "a material by the contract of its product": (
        """
        2024-01-01 commodity BOARD
          invwd-used-in: "TABLE"
        2024-01-05 * "buy"
          Assets:Inventory:A  10 BOARD {10.00 USD}
          Assets:Inventory:B  1 TABLE {100.00 USD}
          Assets:Cash
        2024-01-20 custom "invwd-replacement-cost" "BOARD" 8.00 USD
        2024-01-21 custom "invwd-contract" 1 TABLE 120.00 USD
          until: 2024-12-31
        2024-01-31 price TABLE 90.00 USD
        2024-02-20 custom "invwd-contract" 5 TABLE 110.00 USD
          until: 2024-12-31
        2024-02-29 price TABLE 90.00 USD
        """,
        "{}",
        """2024-01-31 write-down Allow -20, Loss 20
        2024-02-29 reversal Allow 20, Back -20""",
    ),
    # ------------------------------------------------------------------ section 11
    "section 11: what a closed year left out is locked under interim": (
        """
        2023-12-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2023-12-20 price MUG 7.00 USD
        2023-12-31 custom "invwd-closed" TRUE
        2024-01-31 price MUG 9.00 USD
        2024-02-29 price MUG 10.00 USD
        """,
        "{'standard': 'asc330'}",
        "2024-01-31 write-down Allow -30, Loss 30",
    ),
    "section 11: in full what came back is not lost": (
        """
        2023-12-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2023-12-20 price MUG 7.00 USD
        2023-12-31 custom "invwd-closed" TRUE
        2024-01-10 * "sold"
          Assets:Inventory:A  -5 MUG {}
          Expenses:COGS
        2024-01-31 price MUG 9.00 USD
        """,
        "{}",
        "2024-01-31 write-down Allow -5, Loss 5",
    ),
    # ------------------------------------------------------------------ section 2
    "R03: decimals as the ledger mostly writes them": (
        """
        2024-01-01 * "Opening"
          Assets:Cash 1 ETH
          Equity:Drawings
        2024-01-05 * "Ten prints"
          Assets:Inventory:A  10 PRINT {0.0040 ETH}
          Assets:Cash
        2024-01-31 price PRINT 0.0036 ETH
        """,
        "{}",
        "2024-01-31 write-down Allow -0.004, Loss 0.004",
    ),
    "yen have no decimals, dinars three": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  3 MUG {100 JPY}
          Assets:Inventory:B  3 TEA {1.000 KWD}
          Assets:Cash  -300 JPY
          Assets:Cash  -3 KWD
        2024-01-31 price MUG 99.5 JPY
        2024-01-31 price TEA 0.9995 KWD
        """,
        "{}",
        """2024-01-31 write-down Allow -2, Loss 2
        2024-01-31 write-down AllowB -0.002, Loss 0.002""",
    ),
}


@pytest.mark.parametrize(("ledger", "config", "pencil"), PENCIL.values(), ids=PENCIL)
def test_the_model_agrees_with_the_pencil(ledger: str, config: str, pencil: str) -> None:
    check(ledger, config, pencil)
