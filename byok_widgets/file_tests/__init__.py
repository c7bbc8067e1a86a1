"""Tests from files: a flow file and files of cases beside it, for the command line and for pytest."""
