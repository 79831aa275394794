param name string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  scope: resourceGroup('elsewhere')
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
  }
}
