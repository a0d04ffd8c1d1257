class ImportFault(Exception):
    """What keeps a folder from being imported, in words for the person who asked for it."""
