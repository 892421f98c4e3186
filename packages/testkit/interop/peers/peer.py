# SPDX-License-Identifier: Apache-2.0
# peer - what the drivers of Majortomo share: one JSON object a line out and in, and an end when the test ends

import json
import os
import sys
import threading


def settings():
    """The one argument of a driver: a JSON object."""
    return json.loads(sys.argv[1])


def say(event, **facts):
    """Report what happened, at once."""
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def orders():
    """The test's orders, until it closes our standard input."""
    for line in sys.stdin:
        yield json.loads(line)


def end_with_the_test():
    """End the process when the test closes our standard input, whatever else runs."""

    def watch():
        for _ in sys.stdin:
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def to_hex(frames):
    return [bytes(frame).hex() for frame in frames]


def from_hex(texts):
    return [bytes.fromhex(text) for text in texts]
