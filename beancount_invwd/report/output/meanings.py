"""Keys (or titles) of columns → what they mean, for whoever points at one or asks for help."""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
    "entity": "The business, branch or fund that the goods belong to.",
    "currency": "The currency of the cost.",
    "commodity": "The item; its name opens how its figures came about.",
    "category": "The class of goods, by the Commodity metadata 'category'.",
    "account": "The inventory account.",
    "lot_date": "The date of the purchase, and the label of the lot.",
    "quantity": "Units; as a cause, what went along with units that left or came.",
    "cost": "What was paid for the units that are on hand.",
    "allowance": "What was lost of the cost so far; it stands on an account of its own.",
    "carrying": "Cost less allowance; never more than cost.",
    "pending": "What would be written if this date were a measurement date.",
    "measure": "What the goods are tested against, in total: by most policies what they will sell "
    "for, less what it takes to finish and to sell them.",
    "price": "The evidence per unit, before selling costs, and its date.",
    "reason": "The rule that decided, or what caused the movement.",
    "status": "What a reader must not miss.",
    "date": "The day on which it was written.",
    "kind": "What happened to the allowance.",
    "group": "The item; the category or all inventory, where the policy tests these as one.",
    "change": "What it changed of the allowance; an increase is positive.",
    "narration": "What the entry says; a click shows it.",
    "from": "The first and last day; a click shows the movements between them.",
    "opening": "The allowance at the beginning.",
    "closing": "The allowance at the end: opening and all that stands between.",
    "write_downs": "Losses of value.",
    "write_offs": "Losses of value that left nothing.",
    "reversals": "Value that came back to goods that are still on hand.",
    "releases": "What went along with goods that were sold or used.",
    "transfers": "What went along with goods that moved to another account.",
    "age": "Days since the purchase.",
    "age and expiry": "What the rates by age took, and goods that expired.",
    "demand": "What slow or missing sales took.",
    "exchange_rate": "What the rates of foreign currencies changed.",
    "stated": "Values that the ledger states: damage, contracts, offers.",
    "estimates": "What a change of an estimate did.",
    "corrections": "What was booked by hand, or mends a closed period.",
    "at_risk": "The sum of what is lost already and what may be lost, at most what is carried.",
    "loss_price": "What would be written down if prices fell by the share above.",
    "loss_expiry": "What will expire within the days above before it can be sold.",
    "loss_ageing": "What the rates by age and idleness will take within the days above.",
    "headroom": "How far net realisable value may fall until it is the carrying amount.",
    "supply": "For how many days the units last, at the demand of late.",
    "idle": "Days since the last sale or use.",
    "price_age": "Days since the oldest price that counts.",
    "warnings": "What is near.",
    "measured": "What the units sold were measured at on the date of the estimate.",
    "gain": "What the units sold brought more than they were measured at.",
    "bias": "What goods would have been carried more at, had it been known; at most at cost.",
    "average": "What a unit sold fetched on average, less tax and the costs of its rule.",
    "left": "Units of the date that did not leave yet.",
    "other": "Units that were used, scrapped or given back, or sold for what is not known.",
    "purchase": "What the goods were bought by, with the line of the ledger.",
    "sold_after": "Units of the lot that were sold in the days after the date.",
}

CODED = frozenset({"kind", "reason", "figure", "need", "change", "rule", "what", "warnings"})
"""Keys of columns whose cells are words of ours, or hold some."""

CODES = frozenset(
    {
        *("write-down", "write-off", "reversal", "release", "transfer"),
        *("commitment-loss", "commitment-recovery"),
        *("price", "cost", "replacement", "floor", "nrv", "used-in", "ageing", "idle", "coverage"),
        *("expired", "contract", "penalty", "estimate", "damaged", "quantity", "materiality"),
        *("sale", "use", "own-use", "production", "count", "delivery", "return", "transfer"),
        *("customer-return", "supplier-return", "rounding", "re-costing", "booked"),
        *("missing", "no rate", "too old", "too old soon", "not paid"),
        *("removed", "added", "changed"),
        *("untested-period-end", "evidence", "expiring", "near-cost", "commitment", "provision"),
        *("later-evidence", "direct-write-down", "level", "functional-currency", "money"),
        *("write-downs", "write-offs", "reversals", "releases", "transfers", "opening", "closing"),
        *("losses-on-orders", "recoveries-on-orders", "orders-to-goods", "liability-for-orders"),
        *("excluded", "allowance", "profit or loss", "delivery", "count", "lower", "lcm"),
        *(
            "pending",
            "headroom",
            "list price",
            "expiry",
            "slow",
            "old price",
            "no price",
            "less stock",
        ),
        "not assessed: no price",
        "not assessed: no normal margin",
        "not assessed: see errors",
        "not assessed: negative",
        "not assessed: no price of what it is used in",
        "not assessed: no price to buy it again",
    }
)
"""These words."""
