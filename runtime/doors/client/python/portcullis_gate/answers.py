"""What is asked, and what is answered."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Optional, Tuple, Type, Union

from .errors import BadRequest, NotPlaced

_SIDES = {"BUY": "BUY", "LONG": "BUY", "SELL": "SELL", "SHORT": "SELL"}


@dataclass(frozen=True)
class Order:
    """An order to ask for: ``qty`` in the base asset, ``notional_usd`` and ``price`` in US dollars, ``timeout`` in seconds.

    ``resize``: where it does not pass, the largest size that does is of use, of at least ``min_qty``.
    """

    symbol: str
    side: str
    qty: Optional[float] = None
    notional_usd: Optional[float] = None
    price: Optional[float] = None
    reduce_only: bool = False
    plan_id: str = ""
    timeout: float = 0.5
    resize: bool = False
    min_qty: Optional[float] = None

    @staticmethod
    def checked(symbol: str, side: str, **order: Any) -> "Order":
        """The order with a plan id and a side of the exchange's; raises ``BadRequest``."""
        plain = _SIDES.get(str(side).strip().upper())
        if plain is None:
            raise BadRequest(f"side: expected BUY or SELL, got {side!r}")
        for name in ("qty", "notional_usd", "price", "min_qty"):
            _require_above_0(name, order.get(name))
        if (order.get("qty") is None) == (order.get("notional_usd") is None):
            raise BadRequest("expected either qty or notional_usd")
        if order.get("reduce_only") and order.get("qty") is None:
            raise BadRequest("qty: expected the quantity to close, got None")
        if not isinstance(order.get("resize", False), bool):
            raise BadRequest(f"resize: expected True or False, got {order['resize']!r}")
        if order.get("min_qty") is not None and not order.get("resize"):
            raise BadRequest("min_qty: expected resize=True beside it")
        timeout = order.get("timeout", 0.5)
        if not isinstance(timeout, (int, float)) or not 0.001 <= timeout <= 10:
            raise BadRequest(f"timeout: expected 0.001 to 10 seconds, got {timeout!r}")
        order["plan_id"] = order.get("plan_id") or str(uuid.uuid4())
        return Order(symbol=str(symbol), side=plain, **order)

    def body(self) -> Mapping[str, Any]:
        """The JSON of ``POST /v1/permits``."""
        given = {"qty": self.qty, "notional_usd": self.notional_usd, "price": self.price}
        return {
            "symbol": self.symbol,
            "side": self.side,
            **{name: value for name, value in given.items() if value is not None},
            "reduce_only": self.reduce_only,
            "plan_id": self.plan_id,
            "timeout_ms": self.timeout_ms,
            **({"resize": True} if self.resize else {}),
            **({} if self.min_qty is None else {"min_qty": self.min_qty}),
        }

    @property
    def timeout_ms(self) -> int:
        """Whole milliseconds, 1 at least."""
        return max(1, round(self.timeout * 1000))

    @property
    def action(self) -> str:
        """What the governor calls it."""
        if self.reduce_only:
            return "CLOSE"
        return "OPEN_LONG" if self.side == "BUY" else "OPEN_SHORT"


@dataclass(frozen=True)
class Check:
    """One limit that was looked at: how far ``value`` is from ``limit`` is ``headroom``, below 0 beyond it."""

    gate: str
    value: Union[float, str, bool, None]
    limit: Union[float, str, bool, None]
    headroom: Optional[float]
    verdict: str

    @staticmethod
    def all_of(items: Any) -> Tuple["Check", ...]:
        """The checks of an answer."""
        return tuple(Check(**{name: item.get(name) for name in Check.__dataclass_fields__}) for item in items or ())


@dataclass(frozen=True)
class Permit:
    """An order that may be placed, before ``expires_at`` (Unix seconds). True in ``if``.

    ``unanswered``: no answer came, and an exit is not held up by that; there is no permit on the other side.
    """

    plan_id: str
    symbol: str
    side: str
    qty: Optional[float]
    notional_usd: Optional[float]
    reduce_only: bool
    expires_at: float
    repeated: bool = False
    unanswered: bool = False
    checks: Tuple[Check, ...] = ()
    #: What was asked for, where less was given.
    asked_qty: Optional[float] = None
    asked_notional_usd: Optional[float] = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    _report: Optional[Callable[["Permit", str], None]] = field(default=None, repr=False, compare=False)
    _not_placed: Tuple[Type[BaseException], ...] = field(default=(), repr=False, compare=False)

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> "Permit":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], _trace: Any) -> None:
        """Frees the room only for an error which proves that no order was placed; any other may have placed one."""
        if kind is not None and self._report is not None and issubclass(kind, (NotPlaced, *self._not_placed)):
            self._report(self, str(error) or kind.__name__)


@dataclass(frozen=True)
class Denied:
    """No permit, and why. False in ``if``.

    ``largest_qty`` and ``largest_notional_usd``: what would have passed, where the size was the reason.
    ``answered`` is false where no answer came: an order that opens is not placed then.
    """

    plan_id: str
    reason: str
    words: str
    checks: Tuple[Check, ...] = ()
    largest_qty: Optional[float] = None
    largest_notional_usd: Optional[float] = None
    answered: bool = True
    raw: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> "Denied":
        return self

    def __exit__(self, *_: Any) -> None:
        return None


def permit_of(order: Order, answer: Mapping[str, Any]) -> Permit:
    """The permit of an answer; raises ``KeyError`` or ``TypeError`` for what is none."""
    permit = answer["permit"]
    if permit["granted"] is not True or permit["symbol"] != order.symbol:
        raise TypeError("the permit is for something else")
    return Permit(
        plan_id=answer["plan_id"],
        symbol=permit["symbol"],
        side=order.side,
        qty=permit["computed_qty"],
        notional_usd=permit["computed_notional"],
        reduce_only=permit["reduceOnly"],
        expires_at=float(answer["expires_at"]),
        repeated=answer.get("repeated") is True,
        checks=Check.all_of(permit.get("checks")),
        asked_qty=permit.get("asked_qty"),
        asked_notional_usd=permit.get("asked_notional"),
        raw=permit,
    )


def denied_of(answer: Mapping[str, Any]) -> Denied:
    """The refusal of an answer."""
    largest = answer.get("largest") or {}
    return Denied(
        plan_id=answer["plan_id"],
        reason=answer["reason"],
        words=answer.get("words") or answer["reason"].replace("_", " "),
        checks=Check.all_of(answer.get("checks")),
        largest_qty=largest.get("qty"),
        largest_notional_usd=largest.get("notional_usd"),
        raw=answer,
    )


def _require_above_0(name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise BadRequest(f"{name}: expected a finite number above 0, got {value!r}")
