"""The page "Impairment" in Fava; see `fava_ext.impairment`.

    2024-01-01 custom "fava-extension" "beancount_invwd.fava"

Modules here name each other relative to this folder, as it is imported under both names.
"""

from .impairment import Impairment

__all__ = ["Impairment"]
