"""The programs: Hydra configuration on one side, the probing library on the other."""
