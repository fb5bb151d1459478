"""What an order of ccxt says of itself."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from .call import USD, Call


def told_of(order: Mapping[str, Any], market: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """What an order of ccxt says for good; ``None`` while it may still be filled, and where it does not say how much was."""
    status, filled, price = order.get("status"), order.get("filled"), order.get("average")
    if status == "closed":
        filled = filled if filled is not None else order.get("amount")
    if status not in ("closed", "canceled", "expired", "rejected") or filled is None:
        return None
    if float(filled) == 0:
        return {"outcome": "rejected", "error": f"the order is {status}, nothing was filled"}
    lot = float(market.get("contractSize") or 1) if market.get("contract") else 1.0
    qty: Optional[float] = float(filled) * lot
    if market.get("inverse"):
        qty = qty / float(price) if price else None
    told: Dict[str, Any] = {"outcome": "filled" if status == "closed" else "partly", "qty": qty}
    if price and str(market.get("quote")) in USD:
        told["price"] = float(price)
    return told


def rejected(call: Call, refused: Exception) -> Dict[str, Any]:
    """The place of a refused order in the answer to a list of orders."""
    told: List[str] = ["symbol", "type", "side", "amount", "price"]
    return {"id": None, **{name: call.get(name) for name in told}, "status": "rejected", "filled": 0.0, "info": {"error": str(refused)}}
