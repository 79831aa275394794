// Everything that exists before the code does. What points at the code is in connect.bicep, which is deployed after it.
targetScope = 'subscription'

@description('The name of the azd environment; the names of the resources follow from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('The region of everything that is created.')
@minLength(1)
param location string

@description('The object id of the person who deploys, who may then read the secrets of the vault and edit the configuration; empty: nobody.')
param principalId string = ''

@description('The id of the Web PubSub resource to watch; empty: one is created.')
param webPubSubId string = ''

@description('What a created Web PubSub resource is. The free one holds 20 connections and has no promise of its own.')
@allowed(['Free_F1', 'Standard_S1', 'Premium_P1'])
param webPubSubSku string = 'Free_F1'

@description('The id of a Communication Services resource to watch too; empty: none.')
param communicationServicesId string = ''

@description('Whether the app gives tokens of that resource.')
param givesAcsTokens bool = false

@description('The id of the Log Analytics workspace for the logs of what is watched; empty: one is created.')
param workspaceId string = ''

@description('The id of an Application Insights resource for the logs of the app; empty: one is created in the workspace.')
param applicationInsightsId string = ''

@description('The subscriptions with watched resources, whose metrics, health and changes are read; empty: those of the two resources above.')
param watchedSubscriptions array = []

@description('Whether the logs of the watched resources are sent to the workspace; `false` where a setting of their own does that already.')
param sendsResourceLogs bool = true

@description('Whether the activity log of this subscription is sent to the workspace. A subscription has at most five such settings.')
param sendsActivityLog bool = true

@description('The hub whose events the app answers; empty: none.')
param hubName string = ''

@description('The hub on which the app tries the line; empty: none.')
param canaryHub string = ''

@description('Whom the token of an alert must be for (linekeeper entra --print); empty: the key of the function is enough.')
param alertAudience string = ''

@description('The tenant that issues those tokens.')
param alertTenant string = ''

@description('Whom the token of an event is for (linekeeper entra --print); empty: an access key signs events.')
param eventsAudience string = ''

@description('Whether the app may set the state of an alert in Azure Monitor.')
param changesAlertState bool = false

@description('The address of the Teams workflow; empty: notices wait until there is one.')
@secure()
param teamsWebhookUrl string = ''

@description('`true`: the vault holds that address already, so that later deployments need not be given it.')
param teamsWebhookInVault string = ''

@description('The key with which readiness names dependencies.')
@secure()
param healthKey string

@description('The salt of hashed user ids.')
@secure()
param userIdSalt string

var names = loadJsonContent('abbreviations.json')
// Deployments are named with it too: of one name, a subscription takes only one region.
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }

// An access key is there for signed events alone; without them the identity signs tokens, by one data action.
var usesAccessKeys = !empty(hubName) && empty(eventsAudience)

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: '${names.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity-${token}'
  scope: group
  params: {
    name: '${names.identity}${token}'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage-${token}'
  scope: group
  params: {
    name: '${names.storageAccount}${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring-${token}'
  scope: group
  params: {
    workspaceName: '${names.workspace}${token}'
    applicationInsightsName: '${names.applicationInsights}${token}'
    workspaceId: workspaceId
    applicationInsightsId: applicationInsightsId
    location: location
    tags: tags
  }
}

module webPubSub 'modules/web-pubsub.bicep' = if (empty(webPubSubId)) {
  name: 'web-pubsub-${token}'
  scope: group
  params: {
    name: '${names.webPubSub}${token}'
    sku: webPubSubSku
    location: location
    tags: tags
  }
}

var watchedWebPubSubId = empty(webPubSubId) ? webPubSub.outputs.id : webPubSubId
var webPubSubParts = split(empty(webPubSubId) ? '${group.id}/providers/Microsoft.SignalRService/webPubSub/${names.webPubSub}${token}' : webPubSubId, '/')
var communicationParts = split(empty(communicationServicesId) ? '${group.id}/providers/Microsoft.Communication/communicationServices/none' : communicationServicesId, '/')

module webPubSubLogs 'modules/web-pubsub-logs.bicep' = {
  name: 'web-pubsub-logs-${token}'
  scope: resourceGroup(webPubSubParts[2], webPubSubParts[4])
  params: {
    webPubSubName: last(split(watchedWebPubSubId, '/'))
    workspaceId: monitoring.outputs.workspaceId
    sendsLogs: sendsResourceLogs
  }
}

module communicationLogs 'modules/communication-logs.bicep' = if (!empty(communicationServicesId)) {
  name: 'communication-logs-${token}'
  scope: resourceGroup(communicationParts[2], communicationParts[4])
  params: {
    communicationServicesName: last(communicationParts)
    workspaceId: monitoring.outputs.workspaceId
    sendsLogs: sendsResourceLogs
  }
}

// Administrative events are what `resource-changed` and the history of keys read; the others are what context reads.
resource activityLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (sendsActivityLog) {
  name: 'linekeeper-${environmentName}'
  properties: {
    workspaceId: monitoring.outputs.workspaceId
    logs: [
      { category: 'Administrative', enabled: true }
      { category: 'Alert', enabled: true }
      { category: 'Autoscale', enabled: true }
      { category: 'Policy', enabled: true }
      { category: 'Recommendation', enabled: true }
      { category: 'ResourceHealth', enabled: true }
      { category: 'Security', enabled: true }
      { category: 'ServiceHealth', enabled: true }
    ]
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault-${token}'
  scope: group
  params: {
    name: '${names.vault}${token}'
    location: location
    tags: tags
    teamsWebhookUrl: teamsWebhookUrl
    healthKey: healthKey
    userIdSalt: userIdSalt
    webPubSubId: usesAccessKeys ? watchedWebPubSubId : ''
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles-${token}'
  params: {
    principalId: identity.outputs.principalId
    personId: principalId
    resourceGroupName: group.name
    storageAccountName: storage.outputs.name
    configContainer: storage.outputs.configContainer
    vaultName: vault.outputs.name
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    workspaceId: monitoring.outputs.workspaceId
    appWorkspaceId: monitoring.outputs.appWorkspaceId
    webPubSubId: usesAccessKeys ? '' : watchedWebPubSubId
    communicationServicesId: givesAcsTokens ? communicationServicesId : ''
    watchedSubscriptions: empty(watchedSubscriptions) ? union(array(webPubSubParts[2]), array(communicationParts[2])) : watchedSubscriptions
    changesAlertState: changesAlertState
  }
}

module app 'modules/app.bicep' = {
  name: 'app-${token}'
  scope: group
  params: {
    name: '${names.functionApp}${token}'
    planName: '${names.plan}${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    packageContainer: storage.outputs.packageContainer
    configContainer: storage.outputs.configContainer
    applicationInsightsConnection: monitoring.outputs.connection
    workspaceGuid: monitoring.outputs.workspaceGuid
    vaultUri: vault.outputs.uri
    hasTeamsWebhook: !empty(teamsWebhookUrl) || teamsWebhookInVault == 'true'
    usesAccessKeys: usesAccessKeys
    webPubSubHost: '${last(split(watchedWebPubSubId, '/'))}.webpubsub.azure.com'
    acsHost: givesAcsTokens && !empty(communicationServicesId) ? communicationLogs.outputs.host : ''
    canaryHub: canaryHub
    alertAudience: alertAudience
    alertTenant: alertTenant
    changesAlertState: changesAlertState
  }
  // Its first start reads storage and the vault, which it may from then on only.
  dependsOn: [roles]
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = app.outputs.name
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output AZURE_STORAGE_ACCOUNT_NAME string = storage.outputs.name
output AZURE_WEB_PUBSUB_ID string = watchedWebPubSubId
output AZURE_COMMUNICATION_SERVICES_ID string = communicationServicesId
output AZURE_APP_WORKSPACE_ID string = monitoring.outputs.appWorkspaceId
