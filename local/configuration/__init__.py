"""Change the files of configuration in their container, from a laptop."""
