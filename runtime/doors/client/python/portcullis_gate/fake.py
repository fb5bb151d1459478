"""A gate without a Portcullis, for backtests and unit tests."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .answers import Order
from .errors import Conflict
from .gate import Gate

_LIFE = 60.0


@dataclass(frozen=True)
class Limits:
    """What a fake gate lets pass: US dollars for one order and for all that are open, and how many are open."""

    notional_usd: Optional[float] = None
    total_usd: Optional[float] = None
    positions: Optional[int] = None


class FakeGate(Gate):
    """The same interface: lets all pass, or none (``allow=False``), or what ``limits`` let pass. ``asked`` and ``results`` keep what came."""

    def __init__(self, allow: bool = True, limits: Limits = Limits(), **options: Any) -> None:
        self._fake = _Fake(allow, limits)
        super().__init__(transport=self._fake, **options)

    @property
    def asked(self) -> List[Order]:
        """Every order that was asked for, oldest first."""
        return self._fake.asked

    @property
    def results(self) -> Dict[str, Mapping[str, Any]]:
        """What was said of each plan last."""
        return self._fake.results


@dataclass
class _Fake:
    allow: bool
    limits: Limits
    asked: List[Order] = field(default_factory=list)
    results: Dict[str, Mapping[str, Any]] = field(default_factory=dict)
    killed: Optional[str] = None
    _open: Dict[str, float] = field(default_factory=dict)
    _granted: Dict[str, Tuple[Order, Mapping[str, Any]]] = field(default_factory=dict)

    def ask(self, order: Order) -> Mapping[str, Any]:
        before = self._granted.get(order.plan_id)
        if before is not None and before[0] != order:
            raise Conflict(f"{order.plan_id}: another order had the same plan id")
        self.asked.append(order)
        if before is not None:
            return self._again(order.plan_id, before[1])
        worth = order.notional_usd if order.notional_usd is not None else (order.qty or 0) * (order.price or 0)
        permit: Dict[str, Any] = {
            "granted": True,
            "symbol": order.symbol,
            "computed_qty": order.qty,
            "computed_notional": worth,
            "reduceOnly": order.reduce_only,
            "checks": [],
        }
        refusal = self._refusal(order, worth)
        if refusal is not None:
            smaller = self._smaller(order, worth) if order.resize else None
            if smaller is None:
                return _refused(order.plan_id, refusal)
            permit.update(smaller)
        answer = {"plan_id": order.plan_id, "granted": True, "repeated": False, "expires_at": time.time() + _LIFE, "permit": permit}
        self._granted[order.plan_id] = (order, answer)
        if not order.reduce_only:
            self._open[order.plan_id] = permit["computed_notional"]
        return answer

    def _again(self, plan_id: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same permit, while it is one."""
        if self.killed is not None:
            return _refused(plan_id, "permit_revoked")
        if plan_id in self.results:
            rejected = self.results[plan_id]["outcome"] == "rejected"
            return _refused(plan_id, "permit_given_back" if rejected else "permit_used")
        if time.time() >= answer["expires_at"]:
            return _refused(plan_id, "permit_expired")
        return {**answer, "repeated": True}

    def result(self, plan_id: str, symbol: str, result: Mapping[str, Any]) -> None:
        del symbol
        self.results[plan_id] = result
        if result["outcome"] == "rejected":
            self._open.pop(plan_id, None)

    def give_back(self, plan_id: str, symbol: str) -> bool:
        self.result(plan_id, symbol, {"outcome": "rejected", "error": "given back"})
        return True

    def kill(self, reason: str) -> None:
        self.killed = reason

    def heat(self) -> Mapping[str, Any]:
        return {}

    def evaluate(self, entry: Mapping[str, str]) -> Mapping[str, Any]:
        return {"entry": dict(entry), "verdict": "PERMIT" if self.allow else "BLOCK"}

    def _smaller(self, order: Order, worth: float) -> Optional[Mapping[str, Any]]:
        """What the limits have room for, rounded down to eight digits of a quantity, to cents of a notional; ``None``: too little."""
        total = self.limits.total_usd
        rooms = [self.limits.notional_usd, None if total is None else total - sum(self._open.values())]
        room = min([one for one in rooms if one is not None], default=0.0)
        if room <= 0 or self._refusal(order, room) is not None:
            return None
        least = order.min_qty or 0.0
        if order.qty is not None:
            qty = _down(order.qty * room / worth, 8)
            given = {"computed_qty": qty, "computed_notional": min(room, worth * qty / order.qty), "asked_qty": order.qty}
            return given if qty > 0 and qty >= least else None
        usd = _down(room, 2)
        enough = usd > 0 and (least == 0 or (order.price is not None and usd / order.price >= least))
        return {"computed_notional": usd, "asked_notional": worth} if enough else None

    def _refusal(self, order: Order, worth: float) -> Optional[str]:
        if self.killed is not None:
            return "kill_switch_active"
        if order.reduce_only:
            return None
        limits = self.limits
        if not self.allow:
            return "disarmed"
        if limits.notional_usd is not None and worth > limits.notional_usd:
            return "notional_per_trade_exceeded"
        if limits.positions is not None and len(self._open) >= limits.positions:
            return "max_positions_reached"
        if limits.total_usd is not None and sum(self._open.values()) + worth > limits.total_usd:
            return "total_notional_exceeded"
        return None


def _refused(plan_id: str, reason: str) -> Mapping[str, Any]:
    return {"plan_id": plan_id, "granted": False, "reason": reason, "checks": [], "largest": None}


def _down(value: float, digits: int) -> float:
    """Rounded down; what floats lose of a whole step is given back."""
    steps = 10.0**digits
    return math.floor(value * steps + 1e-6) / steps
