"""Where attention goes, how much it carries, and what changes when it is taken away."""
