"""Answers the turns of served conversations."""
