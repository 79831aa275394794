"""The app's storage account; below, one folder per room whose port is implemented."""
