"""What was asked for a freqtrade strategy, and what is under way."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timezone
from typing import Any, Dict, Optional, Tuple

from ..answers import Denied, Permit
from ..ccxt.call import USD
from ..decide import decide
from ..gate import Gate

_log = logging.getLogger("portcullis_gate")
# What freqtrade rounds away between two computations of one amount.
SAME = 1 + 1e-9


def is_usd(pair: str) -> bool:
    """Whether prices of a pair are in US dollars."""
    return pair.split(":")[0].split("/")[-1] in USD


class Desk:
    """What was asked for a strategy: permits of orders that are sized and not placed, and of those that are placed."""

    def __init__(self, strategy: Any, gate: Optional[Gate]) -> None:
        self.strategy = strategy
        self.gate = gate
        self.since = datetime.now(timezone.utc)
        self.sized: Dict[Tuple[str, str], Permit] = {}
        self.placed: Dict[Tuple[str, str], Permit] = {}

    def ask(self, pair: str, side: str, qty: float, price: Optional[float], **more: Any) -> Any:
        """``side``: buy or sell; ``qty`` in the base asset, ``price`` in the quote; ``more`` as ``Gate.permit`` has it."""
        assert self.gate is not None
        order: Dict[str, Any] = {"qty": qty, "timeout": self.strategy.portcullis_timeout, **more}
        if price and is_usd(pair):
            order["price"] = price
        return decide(self.gate, self.strategy.portcullis_symbol(pair), side.upper(), uuid.uuid4().hex, **order)

    def fitting(self, pair: str, side: str, qty: float, price: Optional[float], least: float) -> Optional[Permit]:
        """A permit for ``qty``, or for the largest that passes where that is ``least`` or more; ``None`` where there is none."""
        resize = bool(self.strategy.portcullis_resize)
        # The least may be a rounding above what is asked for, and a least of nothing is none.
        limits = {"min_qty": min(least, qty)} if resize and least > 0 else {}
        answer = self.ask(pair, side, qty, price, resize=resize, **limits)
        if answer and answer.qty is not None and answer.qty * SAME < least:
            self.free(answer)
            return None
        return answer if answer else said_why(pair, answer)

    def free(self, permit: Optional[Permit]) -> None:
        """Gives back what was not placed; what cannot be given back ends by itself."""
        if permit is None or self.gate is None:
            return
        try:
            self.gate.give_back(permit)
        except Exception as trouble:
            _log.warning("plan %s: expected to give it back, got %s", permit.plan_id, trouble)


def said_why(pair: str, denied: Denied) -> None:
    """Says in the log why there is no permit."""
    _log.warning("%s: no permit: %s (%s)", pair, denied.words, denied.reason)
