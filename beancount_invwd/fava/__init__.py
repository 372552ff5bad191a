"""The page "Impairment" in Fava, under a name that nothing else has.

    2024-01-01 custom "fava-extension" "beancount_invwd.fava"

Fava looks for extensions beside the ledger first, where others keep a `fava_ext` of their own. Here
the modules of our folder of that name go by another one, so that both can be there.
"""

from importlib import import_module
from pathlib import Path

__path__ = [str(Path(__file__).resolve().parents[2] / "fava_ext")]

Impairment = import_module("beancount_invwd.fava.impairment").Impairment
