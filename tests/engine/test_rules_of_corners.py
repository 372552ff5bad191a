"""The slow model against figures by hand: where two rules of ACCOUNTING meet."""

from __future__ import annotations

import pytest

from tests.support.pencil import LOSS_30, TEN_AT_TEN, Pencil, check

PENCIL: Pencil = {
    "lots put together are as old as the oldest": (
        # 20 at 11.00 = 220.00; 90 days old on 2024-03-31 since 2024-01-01: half is 110.00
        """
        2024-01-01 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2024-02-15 * "buy"
          Assets:Inventory:A  10 MUG {12.00 USD}
          Assets:Cash
        2024-02-20 * "one lot"
          Assets:Inventory:A  -10 MUG {10.00 USD, 2024-01-01}
          Assets:Inventory:A  -10 MUG {12.00 USD, 2024-02-15}
          Assets:Inventory:A   20 MUG {11.00 USD}
        2024-03-31 price MUG 20.00 USD
        """,
        "{'ageing': {90: '50%'}}",
        "2024-03-31 write-down Allow -110, Loss 110",
    ),
    "what comes back to a lot that was used up has its facts again": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
            expires: 2024-03-15
          Assets:Cash
        2024-02-10 * "sold"
          Assets:Inventory:A  -10 MUG {}
          Expenses:COGS
        2024-02-20 * "back"
          Assets:Inventory:A  4 MUG {10.00 USD, 2024-01-05}
          Expenses:COGS
        2024-03-31 price MUG 20.00 USD
        """,
        "{}",
        "2024-03-31 write-off Allow -40, Off 40",
    ),
    "what comes back under none is locked": (
        TEN_AT_TEN
        + """
        2024-02-10 * "sold"
          Assets:Inventory:A  -10 MUG {}
          Expenses:COGS
        2024-02-20 * "back"
          Assets:Inventory:A  4 MUG {10.00 USD, 2024-01-05}
          Expenses:COGS
        2024-02-29 price MUG 20.00 USD
        """,
        "{'reversals': 'none'}",
        LOSS_30
        + """2024-02-10 release Allow 30, COGS -30 (other)
        2024-02-20 release Allow -12, COGS 12 (customer-return)""",
    ),
    "by period what was sold and what came back is one release": (
        TEN_AT_TEN
        + """
        2024-02-10 * "sold"
          Assets:Inventory:A  -10 MUG {}
          Expenses:COGS
        2024-02-20 * "back"
          Assets:Inventory:A  4 MUG {10.00 USD, 2024-01-05}
          Expenses:COGS
        2024-02-29 price MUG 7.00 USD
        """,
        "{'release': 'period'}",
        LOSS_30 + "2024-02-29 release Allow 18, COGS -18 (customer-return) (other)",
    ),
    "what went back to the supplier does not come back from a customer": (
        TEN_AT_TEN
        + """
        2024-02-10 * "to the supplier"
          Assets:Inventory:A  -4 MUG {}
          Liabilities:Payable
        2024-02-20 * "as if back"
          Assets:Inventory:A  4 MUG {10.00 USD, 2024-01-05}
          Expenses:COGS
        2024-02-29 price MUG 7.00 USD
        """,
        "{}",
        LOSS_30
        + """2024-02-10 release Allow 12, Back -12 (supplier-return)
        2024-02-29 write-down Allow -12, Loss 12""",
    ),
    "an exchange for goods that expire later": (
        # The loss of the old lot is released; the new one expires in May.
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD, "L1"}
            expires: 2024-01-31
            invwd-salvage: 1.00 USD
          Assets:Cash
        2024-02-10 * "exchanged"
          Assets:Inventory:A  -10 MUG {10.00 USD, 2024-01-05, "L1"}
          Assets:Inventory:A   10 MUG {10.00 USD, "L2"}
            expires: 2024-05-15
        2024-05-31 price MUG 20.00 USD
        """,
        "{}",
        """2024-01-31 write-down Allow -90, Loss 90
        2024-02-10 release Allow 90, Back -90 (supplier-return)
        2024-05-31 write-off Allow -100, Off 100""",
    ),
    "a claim is charged by one item after the other": (
        # 30.00 and 20.00 are released, 35.00 was charged: 30.00, then 5.00 and 15.00 step 6.
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Inventory:B  10 TEA {10.00 USD}
          Assets:Cash
        2024-01-31 price MUG 7.00 USD
        2024-01-31 price TEA 8.00 USD
        2024-02-10 * "fire"
          Assets:Inventory:A  -10 MUG {}
          Assets:Inventory:B  -10 TEA {}
          Expenses:Inventory:Write-Off  35.00 USD
          Assets:Receivable
        """,
        "{}",
        LOSS_30
        + """2024-01-31 write-down AllowB -20, Loss 20
        2024-02-10 release Allow 30, Off -30 (other)
        2024-02-10 release AllowB 20, Back -15, Off -5 (supplier-return)""",
    ),
    "the excess is shared over the losses of the date": (
        # 60.01 + 90.02 = 150.03: 50.03 x 60.01 / 150.03 = 20.01
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  1 MUG {100.01 USD}
          Assets:Inventory:B  1 TEA {100.02 USD}
          Assets:Cash
        2024-01-31 price MUG 40.00 USD
        2024-01-31 price TEA 10.00 USD
        """,
        "{'materiality': '100 USD', 'materiality_line': 'excess'}",
        """2024-01-31 write-down Allow -60.01, COGS 40, Loss 20.01
        2024-01-31 write-down AllowB -90.02, COGS 60, Loss 30.02""",
    ),
    "reversals have a line of their own sum": (
        # 30.00 are lost on the line; 10.00 back are small, with 20.00 more they are not.
        TEN_AT_TEN
        + """
        2024-02-29 price MUG 8.00 USD
        2024-03-31 price MUG 10.00 USD
        """,
        "{'materiality': '25 USD'}",
        LOSS_30
        + """2024-02-29 reversal Allow 10, COGS -10
        2024-03-31 reversal Allow 20, Back -20
        2024-03-31 transfer Back -10, COGS 10""",
    ),
    "a floor beside what is locked": (
        # Locked 20.00 (8.00 at the year end), 10.00 more in January; the cheap lot takes none back.
        """
        2023-12-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2023-12-31 price MUG 8.00 USD
        2024-01-31 price MUG 7.00 USD
        2024-02-05 * "buy"
          Assets:Inventory:A  100 MUG {5.00 USD}
          Assets:Cash
        2024-02-29 price MUG 7.50 USD
        2024-03-31 price MUG 9.00 USD
        """,
        "{'standard': 'asc330'}",
        """2023-12-31 write-down Allow -20, Loss 20
        2024-01-31 write-down Allow -10, Loss 10
        2024-02-29 reversal Allow 5, Back -5
        2024-03-31 reversal Allow 5, Back -5""",
    ),
    "contracts are netted by category": (
        # 16 x 8.00 gain, 24 x 4.80 loss: nothing
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  40 SOFA {160.00 USD}
          Assets:Cash
        2024-01-10 custom "invwd-contract" 16 SOFA 168.00 USD
          until: 2024-12-31
        2024-01-31 price SOFA 155.20 USD
        """,
        "{'basis': 'category'}",
        "",
    ),
    "whether age lowers a lot is judged at p": (
        # At p 8.00, less than the 9.00 that age leaves: not apart, 5 at 9.50 and 5 at 8.00.
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2024-01-10 custom "invwd-contract" 5 MUG 9.50 USD
          until: 2024-12-31
        2024-01-31 price MUG 8.00 USD
        """,
        "{'ageing': {20: '10%'}}",
        "2024-01-31 write-down Allow -12.5, Loss 12.5",
    ),
    "chains of materials are multiplied": (
        # (TABLE 100.00 x 0.5 - 10.00) x 0.5 - 5.00 = 15.00 against 16.00
        """
        2024-01-01 commodity LOG
          invwd-used-in: "0.5 BOARD"
          invwd-completion-cost: 5.00 USD
        2024-01-01 commodity BOARD
          invwd-used-in: "0.5 TABLE"
          invwd-completion-cost: 10.00 USD
        2024-01-05 * "buy"
          Assets:Inventory:A  10 LOG {16.00 USD}
          Assets:Cash
        2024-01-10 price BOARD 1.00 USD
        2024-01-31 price TABLE 100.00 USD
        """,
        "{}",
        "2024-01-31 write-down Allow -10, Loss 10",
    ),
    "other people's goods in one lot": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Inventory:A  10 MUG {9.00 USD, "consigned"}
            invwd-exclude: TRUE
          Assets:Cash
        2024-01-31 price MUG 7.00 USD
        """,
        "{}",
        LOSS_30,
    ),
    "what a customer brings back is less demand": (
        # 5 of 10 are back: 5 in 30 days, 15 on hand: 90 days, 15 of them at 20 %: 5.00.
        """
        2023-12-01 * "buy"
          Assets:Inventory:A  20 MUG {10.00 USD}
          Assets:Cash
        2024-01-10 * "sold"
          Assets:Inventory:A  -10 MUG {}
          Expenses:COGS
        2024-01-20 * "back"
          Assets:Inventory:A  5 MUG {10.00 USD, 2023-12-01}
          Expenses:COGS
        2024-01-31 price MUG 20.00 USD
        """,
        "{'start': '2024-01-31', 'coverage': {'window': 30, 'rates': {75: '20%', 90: '40%'}}}",
        "2024-01-31 write-down Allow -5, Loss 5",
    ),
}


@pytest.mark.parametrize(("ledger", "config", "pencil"), PENCIL.values(), ids=PENCIL)
def test_the_model_agrees_with_the_pencil(ledger: str, config: str, pencil: str) -> None:
    check(ledger, config, pencil)
