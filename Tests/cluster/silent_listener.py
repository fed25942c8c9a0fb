#!/usr/bin/env python3
"""A registry that accepts every connection and never sends an answer: silent_listener.py ADDRESS PORT."""

import socket
import sys

with socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=512) as listener:
    print("listening", flush=True)
    held = []
    while True:
        held.append(listener.accept())
