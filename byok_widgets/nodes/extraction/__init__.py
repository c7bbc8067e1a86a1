"""Extraction nodes: they read typed values from a dialogue, and say how well it supports each of them.

node                the kind of node
layered_examples    its examples: those it was created with, and those it was taught
layered_locale      its locale, likewise
prompt              what it asks the model
run                 one run, from the dialogue to the checked values
offered_moments     the dates and times of day that a weak model may choose from
evidence_lookup     where the dialogue says each value
refusal             which values count as not stated, since the dialogue does not say them
status              how reliable a value is
result              what the node returns
result_tree         the result as a tree of fields and parts
evidence_display    the messages with the evidence marked
"""
