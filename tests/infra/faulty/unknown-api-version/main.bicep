param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-31' = {
  name: name
  location: 'westeurope'
}
