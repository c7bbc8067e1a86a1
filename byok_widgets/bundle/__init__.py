"""A flow as a package: a folder that serves it on another machine.

bundle          the folder: which files, from what
modules         the modules of its action functions, found without importing them
requirements    what they and this package need, with the versions that are installed here
wheel           this package's own wheel
texts           Dockerfile, compose file, systemd unit and README, with marks for what differs
"""
