"""The app's storage account; below, one folder per package of `shared` whose ports are implemented."""
