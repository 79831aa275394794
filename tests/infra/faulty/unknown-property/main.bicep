param name string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorisation: true
  }
}
