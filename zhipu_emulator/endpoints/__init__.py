"""One module an endpoint: its paths, what it accepts and refuses, and its answer."""
