"""One module an endpoint: its paths, what it accepts and refuses, and its answer.

Each module here is found by itself. It has ``routes(state) -> list[Route]``, paths relative to the
base URL, or ``absolute_routes(state)``, paths from the root of the host, or both;
``ON_CODING_BASE = True`` when the coding plan's base serves its routes too.
"""
