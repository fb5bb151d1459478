"""A freqtrade strategy that places no entry without a permit.

    class Trend(PortcullisMixin, IStrategy):
        ...

The environment says where the gate is: PORTCULLIS_URL and PORTCULLIS_TOKEN.
"""

from __future__ import annotations

import functools
import inspect
import logging
import os
import threading
from typing import Any, Dict, Optional

from ..errors import GateError
from ..gate import Gate
from .desk import Desk
from .hooks import HOOKS, Call, Hook

__all__ = ["PortcullisMixin"]
_log = logging.getLogger("portcullis_gate")


class PortcullisMixin:
    """Put it before ``IStrategy``. The strategy's own callbacks are asked first, and then the gate.

    ``portcullis_timeout``: seconds an entry waits for its verdict. ``portcullis_resize``: whether a smaller order is asked
    for where the size was the reason.
    """

    portcullis_timeout = 0.5
    portcullis_resize = True

    def portcullis_gate(self) -> Gate:
        """The gate of live and dry runs; override it for another."""
        return Gate(os.environ.get("PORTCULLIS_URL", "http://127.0.0.1:8040"), token=os.environ["PORTCULLIS_TOKEN"])

    def portcullis_backtest_gate(self) -> Optional[Gate]:
        """The gate of backtests, a ``FakeGate``; ``None``: nothing is asked there."""
        return None

    def portcullis_symbol(self, pair: str) -> str:
        """The governor's name of a pair: ``SOLUSDT`` for SOL/USDT:USDT."""
        return pair.split(":")[0].replace("/", "")

    def __init_subclass__(cls, **options: Any) -> None:
        """Wraps the callbacks wherever they are defined: one that a strategy overrides would have no gate."""
        super().__init_subclass__(**options)
        for name, hook in HOOKS.items():
            own = getattr(cls, name, None)
            if own is not None and not hasattr(own, "_portcullis"):
                setattr(cls, name, _gated(own, hook))

    def _portcullis(self) -> "Desk":
        desk = self.__dict__.get("_portcullis_desk")
        if desk is None:
            mode = getattr(self.config["runmode"], "value", self.config["runmode"])  # type: ignore[attr-defined]
            gate = self.portcullis_gate() if mode in ("live", "dry_run") else self.portcullis_backtest_gate()
            desk = self.__dict__["_portcullis_desk"] = Desk(self, gate)
        return desk

    def __getstate__(self) -> Dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_portcullis_desk"}


_inside = threading.local()


def _failed(name: str, said: Dict[str, Any], error: BaseException) -> Any:
    """freqtrade's wrapper lets an entry through where a callback raises, so none of these may."""
    _log.error("%s: %s: %s", name, type(error).__name__, error, exc_info=error)
    if name == "confirm_trade_exit":
        return not isinstance(error, GateError)
    return {"confirm_trade_entry": False, "custom_stake_amount": 0}.get(name, said.get("current_order_rate"))


def _desk_of(strategy: Any, name: str) -> Optional[Desk]:
    """Without a gate nothing is placed; a fill is the strategy's to hear of all the same."""
    try:
        return strategy._portcullis()
    except Exception as error:
        if name != "order_filled":
            raise
        _log.error("order_filled: the fill was not reported: %r", error)
        return None


def _gated(own: Call, hook: Hook) -> Call:
    @functools.wraps(own)
    def callback(self: Any, *args: Any, **named: Any) -> Any:
        if getattr(_inside, "yes", False):
            return own(self, *args, **named)
        name = own.__name__
        said: Dict[str, Any] = dict(named)
        _inside.yes = True
        try:
            said.update(zip(list(inspect.signature(own).parameters)[1:], args))
            desk = _desk_of(self, name)
            if desk is None or desk.gate is None:
                return own(self, *args, **named)
            return hook(desk, functools.partial(own, self), said)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            if name == "order_filled":
                raise
            return _failed(name, said, error)
        finally:
            _inside.yes = False

    callback._portcullis = True  # type: ignore[attr-defined]
    return callback
