# SPDX-License-Identifier: Apache-2.0
# terminal - runs a command on a terminal of its own: terminal.py ROWS COLUMNS COMMAND...
#
# What it writes comes as JSON lines, {"event": "output", "text": ...}, its end as {"event": "end", "code": ..., "cooked": ...}.
# Orders are JSON lines, too: {"keys": "q"}, {"size": [ROWS, COLUMNS]}, {"signal": "SIGTERM"}. It ends with its standard input.

import codecs
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def tell(event, **facts):
    sys.stdout.write(json.dumps({"event": event, **facts}, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def obey(order, terminal, child):
    if "keys" in order:
        os.write(terminal, order["keys"].encode())
    if "size" in order:
        set_size(terminal, *order["size"])
    if "signal" in order:
        os.kill(child, getattr(signal, order["signal"]))


def main():
    rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    child, terminal = pty.fork()
    if child == 0:
        set_size(0, rows, columns)
        os.execvp(command[0], command)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    orders = b""
    while True:
        ready, _, _ = select.select([terminal, 0], [], [])
        if terminal in ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                data = b""
            if not data:
                break
            tell("output", text=decoder.decode(data))
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                os.kill(child, signal.SIGKILL)
                break
            *lines, orders = (orders + data).split(b"\n")
            for line in lines:
                obey(json.loads(line), terminal, child)
    flags = termios.tcgetattr(terminal)[3]
    _, status = os.waitpid(child, 0)
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
    tell("end", code=code, cooked=bool(flags & termios.ICANON and flags & termios.ECHO))


main()
