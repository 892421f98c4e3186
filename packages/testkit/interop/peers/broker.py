# SPDX-License-Identifier: Apache-2.0
# broker - Majortomo's broker, on an endpoint and with the heartbeats that the test chooses

import signal

from majortomo.broker import Broker

from peer import end_with_the_test, say, settings


class ReportingBroker(Broker):
    def bind(self):
        super().bind()
        say("listening")


given = settings()
broker = ReportingBroker(
    bind=given["endpoint"],
    heartbeat_interval=given.get("heartbeat", 2.5),
    heartbeat_timeout=given.get("timeout", 10.0),
)
signal.signal(signal.SIGTERM, lambda *_: broker.stop())
end_with_the_test()
broker.run()
