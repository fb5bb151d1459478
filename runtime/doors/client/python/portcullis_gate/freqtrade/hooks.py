"""What the gate makes of each callback of freqtrade. ``own`` is the strategy's, ``said`` what freqtrade calls it with."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any, Callable, Dict, Optional

from ..answers import Permit
from .desk import SAME, Desk, is_usd, said_why

_log = logging.getLogger("portcullis_gate")
Call = Callable[..., Any]
Hook = Callable[[Desk, Call, Dict[str, Any]], Any]


def _custom_stake_amount(desk: Desk, own: Call, said: Dict[str, Any]) -> Any:
    """Cuts the stake to what is permitted; 0 places nothing."""
    try:
        pair, side = said["pair"], _side_of(said["side"])
        desk.free(desk.sized.pop((pair, side), None))
        stake = own(**said)
        if not stake:
            return stake
        rate, leverage, least = said["current_rate"], said.get("leverage") or 1.0, said.get("min_stake") or 0.0
        asked = _placed_stake(stake, said)
        if asked is None:
            return stake
        qty = asked * leverage / rate
        permit = desk.fitting(pair, side, qty, rate, least * leverage / rate)
        if permit is None:
            return 0
        desk.sized[(pair, side)] = permit
        return stake if permit.qty is None or permit.qty >= qty else asked * permit.qty / qty
    except Exception:
        _log.exception("custom_stake_amount: nothing is placed")
        return 0


def _placed_stake(stake: float, said: Dict[str, Any]) -> Optional[float]:
    """What freqtrade makes of a stake: cut to the most, raised to the least by 30 % at most; ``None`` where it places nothing."""
    most, least = said.get("max_stake"), said.get("min_stake") or 0.0
    stake = stake if most is None else min(stake, most)
    return None if stake <= 0 or stake * 1.3 < least else max(stake, least)


def _confirm_trade_entry(desk: Desk, own: Call, said: Dict[str, Any]) -> bool:
    pair, side, amount = said["pair"], _side_of(said["side"]), said["amount"]
    permit: Optional[Permit] = desk.sized.pop((pair, side), None)
    confirmed = False
    try:
        confirmed = own(**said)
    finally:
        if not confirmed:
            desk.free(permit)
    if not confirmed:
        return False
    if permit is not None and not (permit.expires_at > time.time() and (permit.qty or 0) * SAME >= amount):
        desk.free(permit)
        permit = None
    if permit is None:
        answer = desk.ask(pair, side, amount, said.get("rate"))
        if not answer:
            said_why(pair, answer)
            return False
        permit = answer
    if permit.qty is not None and permit.qty * SAME < amount:
        desk.free(permit)
        return False
    desk.placed[(pair, side)] = permit
    return True


def _confirm_trade_exit(desk: Desk, own: Call, said: Dict[str, Any]) -> bool:
    if not own(**said):
        return False
    trade = said["trade"]
    return _exits(desk, said["pair"], trade, said["amount"], said.get("rate"))


def _exits(desk: Desk, pair: str, trade: Any, amount: float, rate: Optional[float]) -> bool:
    """Whether an exit may go: not where it is refused, nor with a token that may not; without an answer it goes."""
    side = "buy" if trade.is_short else "sell"
    answer = desk.ask(pair, side, amount, rate, reduce_only=True)
    if not answer:
        said_why(pair, answer)
        return False
    desk.placed[(pair, side)] = answer
    return True


def _adjust_trade_position(desk: Desk, own: Call, said: Dict[str, Any]) -> Any:
    """More of a position is asked for as an entry, less as an exit: freqtrade confirms neither."""
    resp = own(**said)
    stake = resp[0] if isinstance(resp, tuple) and resp else None if isinstance(resp, tuple) else resp
    if not stake:
        return resp
    trade = said["trade"]
    pair = trade.pair
    if stake < 0:
        amount = abs(stake) * trade.amount / trade.stake_amount
        return resp if _exits(desk, pair, trade, amount, said.get("current_exit_rate")) else None
    most = getattr(desk.strategy, "max_entry_position_adjustment", -1)
    if most > -1 and trade.nr_of_successful_entries > most:
        return resp
    rate, leverage = said.get("current_entry_rate") or said["current_rate"], trade.leverage or 1.0
    least, asked = said.get("min_stake") or 0.0, _placed_stake(stake, said)
    if asked is None:
        return resp
    side, qty = "sell" if trade.is_short else "buy", asked * leverage / rate
    permit = desk.fitting(pair, side, qty, rate, least * leverage / rate)
    if permit is None:
        return None
    desk.placed[(pair, side)] = permit
    given = stake if permit.qty is None or permit.qty >= qty else asked * permit.qty / qty
    return (given, *resp[1:]) if isinstance(resp, tuple) else given


def _adjust_entry_price(desk: Desk, own: Call, said: Dict[str, Any]) -> Any:
    """A replaced entry is a new order, which freqtrade does not confirm; without a permit the order stays as it is."""
    standing = said["current_order_rate"]
    price = own(**said)
    if not price or price == standing or said.get("is_entry") is False:
        return price
    side = _side_of(said["side"])
    order = said["order"]
    # freqtrade keeps the stake: at a lower price the new order has more of the base asset.
    amount = order.safe_remaining * order.safe_price / price
    answer = desk.ask(said["pair"], side, max(amount, order.safe_remaining), price)
    if not answer:
        said_why(said["pair"], answer)
        return standing
    if answer.qty is not None and answer.qty * SAME < amount:
        desk.free(answer)
        return standing
    desk.placed[(said["pair"], side)] = answer
    return price


def _order_filled(desk: Desk, own: Call, said: Dict[str, Any]) -> Any:
    """Reports the fill; an entry that was never asked for is reported as one without a permit."""
    try:
        _report(desk, said["pair"], said["trade"], said["order"])
    except Exception:
        _log.exception("order_filled: the fill was not reported")
    return own(**said)


def _report(desk: Desk, pair: str, trade: Any, order: Any) -> None:
    if desk.gate is None or not order.safe_filled:
        return
    permit = desk.placed.pop((pair, order.ft_order_side), None)
    outcome = "filled" if order.status == "closed" else "partly"
    price = order.safe_price if is_usd(pair) else None
    if permit is not None:
        desk.gate.result(permit, outcome, qty=float(order.safe_filled), price=price)
    elif order.ft_order_side == trade.entry_side and order.order_date_utc >= desk.since:
        _log.error("%s: an entry was filled that was never asked for: order %s", pair, order.order_id)
        unasked = Permit(uuid.uuid4().hex, desk.strategy.portcullis_symbol(pair), order.ft_order_side, None, None, False, 0.0)
        desk.gate.result(unasked, outcome, qty=float(order.safe_filled), price=price)


def _side_of(direction: str) -> str:
    return "sell" if direction == "short" else "buy"


HOOKS: Dict[str, Hook] = {
    "custom_stake_amount": _custom_stake_amount,
    "confirm_trade_entry": _confirm_trade_entry,
    "confirm_trade_exit": _confirm_trade_exit,
    "adjust_trade_position": _adjust_trade_position,
    "adjust_entry_price": _adjust_entry_price,
    "adjust_order_price": _adjust_entry_price,
    "order_filled": _order_filled,
}
