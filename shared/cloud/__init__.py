"""The only home of Azure SDK clients."""
