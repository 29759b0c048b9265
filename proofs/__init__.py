"""Programs that prove what a test is too short for; see the Makefile."""
