param name string
var name = 'lobby'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: 'westeurope'
}
