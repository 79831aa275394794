param names string[]

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [for name in names: {
  name: name
  location: 'westeurope'
}]
