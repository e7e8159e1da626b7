"""``python -m tests.statistics``: the coverage campaign of `campaign.py`."""

from __future__ import annotations

from tests.statistics.campaign import main

if __name__ == "__main__":
    main()
