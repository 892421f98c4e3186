# SPDX-License-Identifier: Apache-2.0
# worker - a worker of Majortomo, as it may run today: python worker.py ENDPOINT SERVICE
import sys

from majortomo import Worker, WorkerRequestsIterator

endpoint, service = sys.argv[1:]
requests = WorkerRequestsIterator(Worker(endpoint, service))
requests.stop_on_signal()
for request in requests:
    requests.send_reply_final([bytes(frame).upper() for frame in request])
