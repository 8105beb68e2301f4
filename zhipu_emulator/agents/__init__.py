"""What the service's ready-made agents do here, one module a kind of agent."""
