"""What finished cells show."""
