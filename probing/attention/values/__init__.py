"""What an attention weight carries: norms of value vectors and mixing ratios."""
