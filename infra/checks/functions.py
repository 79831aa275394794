"""The functions of Bicep that templates may call, with the kind of what they return; an empty kind is not known."""

FUNCTIONS = {
    **dict.fromkeys(
        (
            "base64", "format", "guid", "join", "loadTextContent", "newGuid", "replace", "resourceId", "string",
            "subscriptionResourceId", "substring", "tenantResourceId", "toLower", "toUpper", "trim", "uniqueString",
            "uri", "uriComponent", "utcNow", "extensionResourceId", "managementGroupResourceId",
        ),
        "string",
    ),
    **dict.fromkeys(("indexOf", "int", "length", "max", "min"), "int"),
    **dict.fromkeys(("bool", "contains", "empty", "endsWith", "startsWith"), "bool"),
    **dict.fromkeys(("array", "range", "split", "skip", "take"), "array"),
    **dict.fromkeys(
        ("coalesce", "concat", "first", "items", "json", "last", "loadJsonContent", "loadYamlContent", "union"), ""
    ),
    # Where something is deployed: objects whose members are known only there.
    **dict.fromkeys(("deployment", "environment", "resourceGroup", "subscription", "tenant"), "object"),
}  # fmt: skip

DECORATORS = {
    "allowed", "batchSize", "description", "maxLength", "maxValue", "metadata", "minLength", "minValue", "secure",
}  # fmt: skip

# What the places of a deployment have.
MEMBERS = {
    "environment": {"authentication", "name", "resourceManager", "suffixes"},
    "resourceGroup": {"id", "location", "name", "tags"},
    "subscription": {"displayName", "id", "subscriptionId", "tenantId"},
    "tenant": {"tenantId"},
    "deployment": {"name"},
}
