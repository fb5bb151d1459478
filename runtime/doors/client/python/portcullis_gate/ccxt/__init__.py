"""A ccxt exchange that places no order without a permit.

    exchange = gated(ccxt.binanceusdm({...}), gate)
    exchange.create_order("SOL/USDT:USDT", "limit", "buy", 0.5, 150)
"""

from .flow import Refused
from .proxy import Gated, NotGated, gated, plain_symbol

__all__ = ["Gated", "NotGated", "Refused", "gated", "plain_symbol"]
