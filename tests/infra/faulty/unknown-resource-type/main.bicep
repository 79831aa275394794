param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentity@2024-11-30' = {
  name: name
  location: 'westeurope'
}
