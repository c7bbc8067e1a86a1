"""Cases: what a caller says, and what should come of it. Comparisons and tests of a flow share them."""
