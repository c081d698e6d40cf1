"""How information flows through layers: rollout and maximum flow over attention maps."""
