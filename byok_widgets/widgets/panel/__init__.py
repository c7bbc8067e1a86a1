"""The settings panel and the widgets that it consists of."""
