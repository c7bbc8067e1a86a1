"""The texts of a class's folder, with marks for what differs."""
