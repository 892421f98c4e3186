# SPDX-License-Identifier: Apache-2.0
# client - a client of Majortomo, as it may run today: python client.py ENDPOINT SERVICE WORD
import sys

from majortomo import Client

endpoint, service, word = sys.argv[1:]
with Client(endpoint) as client:
    client.send(service, word.encode())
    for part in client.recv_all(timeout=30):
        print(*(bytes(frame).decode() for frame in part))
