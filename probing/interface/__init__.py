"""The interface for notebooks and scripts; ``import probing`` gives its names."""
