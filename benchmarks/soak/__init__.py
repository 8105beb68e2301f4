"""A soak: hundreds of streams at once, minute after minute, against a service that goes wrong.

``make soak`` runs it; `benchmarks.soak.run` says what is measured.
"""
