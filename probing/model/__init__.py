"""Frozen encoders: a checkpoint in, hidden states per subword out."""
