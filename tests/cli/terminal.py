#!/usr/bin/env python3
"""Runs a command on a terminal of its own, and types for its user.

usage: terminal.py LINES COLUMNS [WHEN TYPE]... -- COMMAND...

When the output since the last typing contains WHEN, types TYPE (with \\x03 and the like). Prints what the terminal got, without carriage
returns, and ends as the command does; after two minutes without output it gives up.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios

words = sys.argv[1:]
end = words.index("--")
size, typing, command = words[:2], words[2:end], words[end + 1:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(size[0]), int(size[1]), 0, 0))
    os.execvp(command[0], command)
seen = b""
while True:
    if not select.select([fd], [], [], 120)[0]:
        sys.exit(f"terminal.py: no output for two minutes; so far: {seen!r}")
    try:
        data = os.read(fd, 65536)
    except OSError:  # EIO: nobody has the terminal any more
        break
    if not data:
        break
    sys.stdout.buffer.write(data.replace(b"\r\n", b"\n"))
    sys.stdout.buffer.flush()
    seen += data
    if typing and typing[0].encode() in seen:
        os.write(fd, typing[1].encode().decode("unicode_escape").encode())
        typing, seen = typing[2:], b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
