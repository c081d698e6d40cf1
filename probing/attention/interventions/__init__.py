"""What changes when something is taken away: heads, tokens or weights, as a readout tells."""
