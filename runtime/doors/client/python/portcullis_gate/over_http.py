"""Over HTTP, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
from typing import Any, Mapping, Optional, Tuple
from urllib.parse import quote, urlsplit

from .answers import Order
from .errors import BadRequest, Conflict, GateError, NotAllowed, NoVerdict, Unreachable

# What an answer may take beyond the deadline, seconds.
_GRACE = 3.0
_CHANGE_TIMEOUT = 10.0


class OverHttp:
    """One request for each call, on a connection of its own: safe in any thread."""

    def __init__(self, url: str, token: str, portfolio: Optional[str] = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadRequest(f"url: expected http://host:port, got {url!r}")
        self._parts = parts
        self._token = token
        self._query = "" if portfolio is None else f"?portfolio={quote(portfolio, safe='')}"

    def ask(self, order: Order) -> Mapping[str, Any]:
        """The answer to an order, as JSON."""
        return self.call("POST", "/v1/permits", order.body(), order.timeout + _GRACE)

    def result(self, plan_id: str, symbol: str, result: Mapping[str, Any]) -> None:
        """Says what became of a permit."""
        del symbol
        self.call("POST", f"/v1/permits/{quote(plan_id, safe='')}/result", result)

    def give_back(self, plan_id: str, symbol: str) -> bool:
        """Gives a permit back; whether its room is free already."""
        del symbol
        return bool(self.call("DELETE", f"/v1/permits/{quote(plan_id, safe='')}")["given_back"])

    def kill(self, reason: str) -> None:
        """Turns the kill switch on."""
        self.call("POST", "/v1/kill", {"state": "on", "reason": reason})

    def heat(self) -> Mapping[str, Any]:
        """The heat of the portfolio now."""
        return self.call("GET", "/v1/overview").get("heat", {})

    def evaluate(self, entry: Mapping[str, str]) -> Mapping[str, Any]:
        """What the governor would say of a plan; nothing is written."""
        return self.call("POST", "/v1/evaluate", {"entry": dict(entry)})

    def call(self, method: str, path: str, body: Any = None, timeout: float = _CHANGE_TIMEOUT) -> Mapping[str, Any]:
        """The JSON of an answer. Raises by its status; ``Unreachable`` for none, and for what is no answer of ours."""
        status, text = self._sent(method, path + self._query, body, timeout)
        try:
            answer = json.loads(text)
            message = str(answer.get("message", ""))
        except (ValueError, AttributeError) as error:
            raise Unreachable(f"expected JSON from {self._parts.geturl()}, got {status} {text[:80]!r}") from error
        if status == 200:
            return answer
        raise _error_of(status, message, path)

    def _sent(self, method: str, path: str, body: Any, timeout: float) -> Tuple[int, str]:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=timeout)
        headers = {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            text = None if body is None else json.dumps(body, allow_nan=False)
            connection.request(method, self._parts.path.rstrip("/") + path, text, headers)
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self._parts.geturl()}: {error or type(error).__name__}") from error
        finally:
            connection.close()


def _error_of(status: int, message: str, path: str) -> GateError:
    if status in (401, 403, 429):
        return NotAllowed(message)
    if status == 409:
        return Conflict(message)
    if status == 504:
        return NoVerdict(message)
    if status == 404 and path.startswith("/v1/permits") and "/" not in path[len("/v1/permits") :]:
        return Unreachable(f"expected a Portcullis with /v1/permits, got another version: {message}")
    return BadRequest(message) if status < 500 else Unreachable(f"{status}: {message}")
