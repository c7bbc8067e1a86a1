"""The settings panel and the widgets that it is made of."""
