"""When the official clients come back after a drop, as they were recorded."""
