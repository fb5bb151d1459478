"""Ask Portcullis for a permit before an order is placed.

    gate = Gate("http://127.0.0.1:8040", token=os.environ["TREND_TOKEN"])
    answer = gate.permit("SOLUSDT", "BUY", qty=0.5, price=150)
    if answer:
        place_order(answer.qty, client_order_id=answer.plan_id)

An order that opens is placed with a permit or not at all. An exit is let through where no answer came.
"""

from .answers import Check, Denied, Order, Permit
from .errors import BadRequest, Conflict, GateError, NotAllowed, NotPlaced, NoVerdict, Unreachable
from .fake import FakeGate, Limits
from .gate import AsyncGate, Gate

__all__ = [
    "AsyncGate",
    "BadRequest",
    "Check",
    "Conflict",
    "Denied",
    "FakeGate",
    "Gate",
    "GateError",
    "Limits",
    "NotAllowed",
    "NotPlaced",
    "NoVerdict",
    "Order",
    "Permit",
    "Unreachable",
]
__version__ = "0.1.0"
