"""Azure Resource Manager: resources as raw JSON, Resource Graph, resource health."""
