"""Cases: what a caller says, and the expected outcome. Comparisons and tests of a flow share them."""
