"""A decision that an adapter can act on, whatever happens while it asks."""

from __future__ import annotations

import logging
import time
from typing import Any, Union

from .answers import Denied, Permit
from .errors import BadRequest, GateError
from .gate import Gate

_log = logging.getLogger("portcullis_gate")
_LIFE = 60.0


def decide(gate: Gate, symbol: str, side: str, plan_id: str, **order: Any) -> Union[Permit, Denied]:
    """As ``gate.permit``, and never raises but for what ends the program.

    An entry that could not be asked for is ``Denied``. So is an exit that a token may not ask for, or whose plan id had
    another order; any other failure is no answer, and holds up no exit.
    """
    exits = bool(order.get("reduce_only"))
    try:
        return gate.permit(symbol, side, plan_id=plan_id, **order)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        _log.error("plan %s: expected a verdict, got %s: %s", plan_id, type(error).__name__, error)
        if not exits or (isinstance(error, GateError) and not isinstance(error, BadRequest)):
            return Denied(plan_id, "not_asked", f"it could not be asked for: {error}", answered=False)
    return Permit(plan_id, symbol, side, order.get("qty"), None, True, time.time() + _LIFE, unanswered=True)


def report(gate: Gate, permit: Permit, outcome: str, **told: Any) -> None:
    """As ``gate.result``; a report that fails ends no order, it is in the log."""
    try:
        gate.result(permit, outcome, **told)
    except Exception as trouble:
        _log.error("plan %s: expected to report %s, got %s", permit.plan_id, outcome, trouble)
