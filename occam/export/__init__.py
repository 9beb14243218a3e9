"""What leaves the app: files of a run that other tools read."""
