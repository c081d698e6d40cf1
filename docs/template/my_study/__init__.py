"""A study of your own: a task, a corpus, a probe and an analysis, with their options in conf/."""
