"""What goes wrong in a way that the user can mend."""


class Problem(Exception):
    """The program prints only the message."""
