"""What heads attend to: statistics, relations, hypotheses, and which heads are alike."""
