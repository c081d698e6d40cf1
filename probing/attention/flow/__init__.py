"""Where information flows: rollout and maximum flow over attention maps."""
