"""Changes of allowances → movements: releases, transfers, materiality."""
