"""Corpora: treebanks, labelled sentences, and a generator with exact gold labels."""
