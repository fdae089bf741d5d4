#!/usr/bin/env python3
"""Turns a file into the inside of a C array. usage: embed.py FILE OUTPUT"""
import pathlib
import sys

data = pathlib.Path(sys.argv[1]).read_bytes()
pathlib.Path(sys.argv[2]).write_text("".join(f"{b:#04x}," + ("\n" if i % 20 == 19 else "") for i, b in enumerate(data)) + "\n")
