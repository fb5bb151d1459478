"""A strategy and its executor over redis-py, without any code of Portcullis: proposes an exit, waits for what the heat
gate made of it, plans the order, waits for its permit, takes it, and reports what became of it.

    apt-get install python3-redis && REDIS_URL=$(cat .portcullis/redis.url) python3 strategy.py
"""

import json
import os
import time
import uuid

import redis

PREFIX = "quantum"
GROUP = "example_python"

connection = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def stream(name):
    return f"{PREFIX}:stream:{name}"


def propose(symbol, action):
    fields = {"plan_id": str(uuid.uuid4()), "symbol": symbol, "action": action}
    return connection.xadd(stream("harvest.proposal"), fields)


def follow_exits():
    """Yields the exits that the heat gate passed on; those that were not finished the last time come first."""
    name = stream("harvest.calibrated")
    try:
        connection.xgroup_create(name, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise
    after = "0"
    while True:
        reply = connection.xreadgroup(GROUP, "one", {name: after}, count=50, block=500)
        entries = reply[0][1] if reply else []
        for entry_id, fields in entries:
            if fields:  # empty: trimmed before it was finished
                yield fields
            connection.xack(name, GROUP, entry_id)
        if after != ">":
            after = entries[-1][0] if entries else ">"


def plan(**fields):
    """Hands a plan to the governor; answers with its id and where to look for its answer."""
    newest = connection.xrevrange(stream("governor.events"), count=1)
    connection.xadd(stream("apply.plan"), {**fields, "decision": "EXECUTE"})
    return fields["plan_id"], newest[0][0] if newest else "0-0"


def wait_for_verdict(plan_id, after, timeout_seconds=5):
    """The permit of a plan, taken, and None; or None, and why there is none."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        for _, entries in connection.xread({stream("governor.events"): after}, count=200, block=100):
            for entry_id, event in entries:
                after = entry_id
                if event["plan_id"] != plan_id:
                    continue
                if event["event"] == "PERMIT":
                    return take_permit(plan_id)
                if event["event"] in ("BLOCK", "IGNORED", "DUPLICATE"):
                    return None, f"{event['event']} {event['reason']}"
    return None, "no answer: it must not be executed"


def take_permit(plan_id):
    """One GETDEL: of all that try, one has the permit."""
    text = connection.getdel(f"{PREFIX}:permit:{plan_id}")
    if text is None:
        return None, "taken back"
    permit = json.loads(text)
    if permit.get("dry_run"):
        return None, "a dry run"
    return permit, None


def order(**fields):
    """Plans an order, and executes it if, and only if, its permit could be taken."""
    plan_id, after = plan(plan_id=str(uuid.uuid4()), **fields)
    permit, refusal = wait_for_verdict(plan_id, after)
    if permit is None:
        print(f"refused: {refusal}")
        return
    print(f"permit taken: {permit['symbol']} {permit['computed_qty']}")
    executed = send_to_exchange(permit)
    result = {"plan_id": plan_id, "symbol": permit["symbol"], "executed": str(executed)}
    connection.xadd(stream("apply.result"), result if executed else {**result, "error": "no exchange here"})
    print(f"reported: executed {executed}")


def send_to_exchange(_permit):
    """Where the order would be sent."""
    return False


if __name__ == "__main__":
    print(f"proposed {propose('ETHUSDT', 'FULL_CLOSE')}")
    for exit_fields in follow_exits():
        said = exit_fields["original_action"], exit_fields["calibrated_action"]
        print(f"exit: {exit_fields['symbol']} {said[0]} becomes {said[1]} ({exit_fields['reason']})")
        break  # a real executor goes on until it is stopped
    order(symbol="ADAUSDT", action="OPEN_LONG", side="BUY", qty="100", price="1.5")
    order(symbol="DOTUSDT", action="OPEN_LONG", side="BUY", qty="50", price="6")
