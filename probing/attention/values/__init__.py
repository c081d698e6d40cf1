"""How much each attention weight contributes: norms of weighted value vectors, and mixing ratios."""
