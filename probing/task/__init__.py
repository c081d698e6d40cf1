"""Tasks: what is to be predicted from a vector, and the control that a score is compared with."""
