"""A freqtrade on paper: when it asks a strategy what, and what it does with the answer, an exception and silence.

What was read of freqtrade c9ae5e1 (2024-10): the wrapper of callbacks (freqtrade/strategy/strategy_wrapper.py 15-43); entries
(freqtradebot.py 861-1060: only ``mode == "initial"`` is confirmed, 911; the stake is asked for only without a trade, 1153-1168),
adjustments (742-827), replaced entries (1635-1709), exits (1928-2040: neither liquidations nor parts are confirmed, 1990-1993),
fills (2226-2230), stakes (wallets.py 352-401).
"""

from __future__ import annotations

import logging
from copy import deepcopy
from datetime import datetime, timezone
from types import SimpleNamespace

logging.getLogger("paper").addHandler(logging.NullHandler())


class StrategyError(Exception):
    pass


def safe(callback, default=None, silent=False):
    """An exception is swallowed and the default is the answer; what is no ``Exception`` passes."""

    def call(**said):
        try:
            if "trade" in said:
                said["trade"] = deepcopy(said["trade"])
            return callback(**said)
        except Exception as error:
            if default is None and not silent:
                raise StrategyError(str(error)) from error
            return default

    return call


class IStrategy:
    """The callbacks as freqtrade has them."""

    max_entry_position_adjustment = -1

    def __init__(self, config):
        self.config = config

    def confirm_trade_entry(self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs):
        return True

    def confirm_trade_exit(self, pair, trade, order_type, amount, rate, time_in_force, exit_reason, current_time, **kwargs):
        return True

    def custom_stake_amount(self, pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, entry_tag, side, **kwargs):
        return proposed_stake

    def adjust_trade_position(self, trade, current_time, current_rate, current_profit, min_stake, max_stake, **kwargs):
        return None

    def adjust_entry_price(self, trade, order, pair, current_time, proposed_rate, current_order_rate, entry_tag, side, **kwargs):
        return current_order_rate

    def order_filled(self, pair, trade, order, current_time, **kwargs):
        return None


class Bot:
    """One pair at a time; ``orders`` is what reached the exchange."""

    def __init__(self, strategy, stake=150.0, min_stake=10.0, max_stake=10_000.0, rate=150.0):
        self.strategy, self.stake, self.min_stake, self.max_stake, self.rate = strategy, stake, min_stake, max_stake, rate
        self.orders = []

    def enter(self, pair="SOL/USDT:USDT", short=False, leverage=1.0):
        return self.execute_entry(pair, self.stake, short=short, leverage=leverage)

    def execute_entry(self, pair, stake, price=None, trade=None, short=False, mode="initial", leverage=1.0):
        rate, side, now = price or self.rate, "short" if short else "long", datetime.now(timezone.utc)
        if trade is None:
            stake = safe(self.strategy.custom_stake_amount, stake)(
                pair=pair, current_time=now, current_rate=rate, proposed_stake=stake, min_stake=self.min_stake, max_stake=self.max_stake,
                leverage=leverage, entry_tag=None, side=side,
            )
        else:
            leverage = trade.leverage
        stake = self.validate(stake)
        if not stake:
            return False
        amount = (stake / rate) * leverage
        if mode == "initial" and not safe(self.strategy.confirm_trade_entry, True)(
            pair=pair, order_type="limit", amount=amount, rate=rate, time_in_force="GTC", current_time=now, entry_tag=None, side=side,
        ):
            return False
        order = self.create_order(pair, "sell" if short else "buy", amount, rate, False)
        if trade is None:
            trade = SimpleNamespace(
                pair=pair, is_short=short, leverage=leverage, amount=0.0, stake_amount=0.0, entry_side=order.side,
                exit_side="buy" if short else "sell", nr_of_successful_entries=0, orders=[],
            )
        trade.orders.append(order)
        return trade

    def validate(self, stake):
        if not stake or self.min_stake > self.max_stake or stake * 1.3 < self.min_stake:
            return 0
        return min(max(stake, self.min_stake), self.max_stake)

    def create_order(self, pair, side, amount, rate, reduce_only):
        order = SimpleNamespace(
            order_id=str(len(self.orders)), pair=pair, side=side, ft_order_side=side, amount=amount, safe_price=rate, safe_placement_price=rate,
            safe_filled=0.0, safe_remaining=amount, status="open", reduce_only=reduce_only, order_date_utc=datetime.now(timezone.utc),
        )
        self.orders.append(order)
        return order

    def adjust(self, trade):
        answer = safe(self.strategy.adjust_trade_position, (None, ""), silent=True)(
            trade=trade, current_time=datetime.now(timezone.utc), current_rate=self.rate, current_profit=0.0, min_stake=self.min_stake,
            max_stake=self.max_stake, current_entry_rate=self.rate, current_exit_rate=self.rate, current_entry_profit=0.0, current_exit_profit=0.0,
        )
        stake = answer[0] if isinstance(answer, tuple) else answer
        if stake is not None and stake > 0:
            most = self.strategy.max_entry_position_adjustment
            if most > -1 and trade.nr_of_successful_entries > most:
                return None
            return self.execute_entry(trade.pair, stake, price=self.rate, trade=trade, short=trade.is_short, mode="pos_adjust")
        if stake is not None and stake < 0:
            return self.exit(trade, "partial_exit", part=abs(stake * trade.amount / trade.stake_amount))
        return None

    def replace(self, trade, order):
        price = safe(self.strategy.adjust_entry_price, order.safe_placement_price)(
            trade=trade, order=order, pair=trade.pair, current_time=datetime.now(timezone.utc), proposed_rate=self.rate,
            current_order_rate=order.safe_placement_price, entry_tag=None, side="short" if trade.is_short else "long",
        )
        if order.safe_placement_price != price:
            order.status = "canceled"
            if price:
                stake = order.safe_remaining * order.safe_price / trade.leverage
                return self.execute_entry(trade.pair, stake, price=price, trade=trade, short=trade.is_short, mode="replace")
        return None

    def exit(self, trade, reason="exit_signal", part=None):
        amount = part or trade.amount
        if reason != "liquidation" and not part and not safe(self.strategy.confirm_trade_exit, True)(
            pair=trade.pair, trade=trade, order_type="market", amount=amount, rate=self.rate, time_in_force="GTC", exit_reason=reason,
            sell_reason=reason, current_time=datetime.now(timezone.utc),
        ):
            return False
        return self.create_order(trade.pair, trade.exit_side, amount, self.rate, True)

    def fill(self, trade, order, filled=None):
        order.safe_filled = order.amount if filled is None else filled
        order.safe_remaining, order.status = order.amount - order.safe_filled, "closed" if filled is None else "canceled"
        if order.ft_order_side == trade.entry_side:
            trade.amount += order.safe_filled
            trade.stake_amount += order.safe_filled * order.safe_price / trade.leverage
            trade.nr_of_successful_entries += 1
        else:
            trade.amount -= order.safe_filled
        safe(self.strategy.order_filled)(pair=trade.pair, trade=trade, order=order, current_time=datetime.now(timezone.utc))
