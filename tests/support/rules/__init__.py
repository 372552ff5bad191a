"""The rules once more, slow and obvious, to hold the engine against.

ledger, options, configuration -> what an auditor would have booked. The model reads ACCOUNTING.md
(second edition) the way it is written: at each date all lots are looked at from scratch, prices are
found by reading the ledger from top to bottom, and nothing is remembered but what a ledger
remembers. Numbers are exact fractions; money is rounded half up where the rules say so. It reports
no errors: it expects a ledger and a configuration that are valid.

    policy      configuration, standards, dates        (sections 6, 12)
    estimates   what a dated estimate changes          (section 4)
    chart       accounts, items, quanta                 (section 2)
    goods       lots, what left, what came              (section 3)
    moves       transfers, re-costing, production       (section 3)
    returns     what customers bring back               (section 3)
    releases    the accounts that took the cost         (section 8)
    follow      one transaction -> lots, movements      (sections 3, 8)
    evidence    prices, stated values, replacement      (section 4)
    demand      idle goods, days of supply              (section 4)
    value       value per unit                          (section 4)
    contracts   contracts, raw materials                (section 10)
    groups      allowance per lot                       (section 5)
    temporary   declines that raise no allowance        (section 6)
    materiality where the loss goes                     (section 7)
    commitments what is lost on orders, and delivered   (section 13)
    model       the loop over days

It leaves out booked movements, and later evidence of a closed period. `READINGS.md`
lists how it takes what the rules leave open.
"""
