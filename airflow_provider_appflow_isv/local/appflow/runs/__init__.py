"""Flow runs: carried out in the background, task by task."""
