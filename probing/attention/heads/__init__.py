"""What heads attend to: statistics, syntactic relations, hypotheses, and similarity of heads."""
