# SPDX-License-Identifier: Apache-2.0
# worker - a worker built from Majortomo's public classes; the first frame of a request says what to do with the rest

import time

from majortomo import Worker, WorkerRequestsIterator

from peer import end_with_the_test, say, settings, to_hex

given = settings()
worker = Worker(
    given["endpoint"],
    given["service"],
    heartbeat_interval=given.get("heartbeat", 2.5),
    heartbeat_timeout=given.get("timeout", 10.0),
)
requests = WorkerRequestsIterator(worker)
requests.stop_on_signal()
end_with_the_test()

worker.connect()
say("connected")
for request in requests:
    command, rest = request[0], request[1:]
    say("job", command=command.decode(), frames=to_hex(rest))
    if command == b"echo":
        requests.send_reply_final(rest)
    elif command == b"partials":
        parts = [[b"part", b"%d" % i] for i in range(int(rest[0]))]
        requests.send_reply_from_iterable(parts, final=[b"end"])
    elif command == b"empty":
        requests.send_reply_final([])
    elif command == b"sleep":
        time.sleep(float(rest[0]))
        say("awake")
        requests.send_reply_final(rest)
    else:
        raise ValueError(command)
say("stopped")
