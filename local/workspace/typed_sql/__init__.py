"""SQL whose questions about types are answered when it is translated."""
