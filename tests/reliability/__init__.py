"""The reliability checks: R retries, S streams, B bodies, C connections, X secrets, N ours only."""
