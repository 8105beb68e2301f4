"""What every endpoint needs: the server, keys, errors, parameters, faults and scripts."""
