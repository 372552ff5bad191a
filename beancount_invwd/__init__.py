"""Write-downs of inventory for Beancount: lower of cost and net realisable value, by itself.

Switch it on in the top-level file, after plugins that add prices or transactions:

    plugin "beancount_invwd"

It reads lots and prices from the ledger and adds write-downs, write-offs, reversals and releases
as transactions (IAS 2, ASC 330, FRS 102, HGB §253).
"""

from beancount_invwd.plugin import invwd

__plugins__ = ("invwd",)
__all__ = ["__plugins__", "invwd"]
