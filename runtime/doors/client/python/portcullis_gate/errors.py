"""What can go wrong, by what the caller can do about it."""


class GateError(Exception):
    """The root of all errors of this package."""


class BadRequest(GateError, ValueError):
    """What was asked cannot be asked; the message says what was expected. Nothing was sent to the governor."""


class NotAllowed(GateError):
    """The token, or the user of Redis, may not do this."""


class Conflict(GateError):
    """The plan id was used for another order, or the permit was used already."""


class NoVerdict(GateError):
    """There is no permit, and there can be none any more: the deadline is over."""


class Unreachable(GateError):
    """No answer came: whether there is a permit is not known. Asking again with the same plan id tells."""


class NotPlaced(Exception):
    """Raise it inside ``with gate.permit(...)`` where it is certain that no order was placed."""
