"""Tests of a flow: cases that pass or fail, with where they went wrong. A test is a comparison of one variant."""
