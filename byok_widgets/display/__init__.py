"""How values, texts and results read on screen: in a cell, in a saved notebook, in a terminal.

markup               HTML for saved outputs
cards                results as tables
text_tables          tables as plain text
prose                a text that a cell shows without quotes
value_words          values as a person would write them
reading_order        names in Arabic or Hebrew, kept in their place
shortening           long texts, shown in part
reasoning_display    a model's reasoning, folded away
error_card           an error as a card
sanitize             control characters, made visible
"""
