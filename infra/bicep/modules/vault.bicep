// The secrets of the app. It reads them by reference, so that none stands in a setting.
@minLength(3)
@maxLength(24)
param name string
param location string
param tags object

@secure()
param teamsWebhookUrl string

@secure()
param healthKey string

@secure()
param userIdSalt string

@description('The Web PubSub resource whose connection strings are kept; empty: none.')
param webPubSubId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    enabledForTemplateDeployment: false
    publicNetworkAccess: 'Enabled'
  }
}

resource teams 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(teamsWebhookUrl)) {
  parent: vault
  name: 'teams-webhook-url'
  properties: {
    value: teamsWebhookUrl
    contentType: 'the address of a Teams workflow'
  }
}

resource health 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'health-key'
  properties: {
    value: healthKey
    contentType: 'the header x-health-key'
  }
}

resource salt 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'user-id-salt'
  properties: {
    value: userIdSalt
    contentType: 'the salt of hashed user ids'
  }
}

var webPubSubParts = split(empty(webPubSubId) ? '${resourceGroup().id}/providers/Microsoft.SignalRService/webPubSub/none' : webPubSubId, '/')

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = if (!empty(webPubSubId)) {
  name: last(webPubSubParts)
  scope: resourceGroup(webPubSubParts[2], webPubSubParts[4])
}

resource primary 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(webPubSubId)) {
  parent: vault
  name: 'web-pubsub-connection'
  properties: {
    value: webPubSub.listKeys().primaryConnectionString
    contentType: 'a connection string'
  }
}

resource secondary 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(webPubSubId)) {
  parent: vault
  name: 'web-pubsub-connection-secondary'
  properties: {
    value: webPubSub.listKeys().secondaryConnectionString
    contentType: 'a connection string'
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
