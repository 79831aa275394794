// Where state, queues and the package of the app are; no key opens it. Other tables, queues and containers are made by
// the app itself.
@minLength(3)
@maxLength(24)
param name string
param location string
param tags object

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: 'Enabled'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: {
        enabled: true
        days: 7
      }
    }

    resource package 'containers' = {
      name: 'app-package'
      properties: { publicAccess: 'None' }
    }

    // What a team edits without a deployment; each file here counts before that of the package.
    resource configuration 'containers' = {
      name: 'configuration'
      properties: { publicAccess: 'None' }
    }
  }
}

output name string = account.name
output packageContainer string = account::blobs::package.name
output configContainer string = account::blobs::configuration.name
