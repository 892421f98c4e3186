# SPDX-License-Identifier: Apache-2.0
# client - a client built from Majortomo's public class; it sends what it is told, and reports every part of the reply

from majortomo import Client
from majortomo.error import Timeout

from peer import from_hex, orders, say, settings, to_hex

given = settings()
with Client(given["endpoint"]) as client:
    say("connected")
    for order in orders():
        client.send(order["service"], *from_hex(order["frames"]))
        try:
            parts = [to_hex(part) for part in client.recv_all(timeout=order.get("timeout", 30))]
            say("reply", parts=parts)
        except Timeout:
            say("timeout")
            client.connect(reconnect=True)
