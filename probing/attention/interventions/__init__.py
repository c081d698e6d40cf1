"""How much a readout changes when heads, tokens or attention weights are removed or replaced."""
