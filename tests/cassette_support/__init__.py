"""Cassettes: recorded from the emulator through the real client, replayed with sockets blocked."""
