@secure()
param secret string = 'change-me'
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
    enableRbacAuthorization: true
  }
}

resource key 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'key'
  properties: { value: secret }
}
