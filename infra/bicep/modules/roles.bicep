// Every role that the app has, and nothing else: what it may do is read here. Each line says what for.
targetScope = 'subscription'

@description('The object id of the identity of the app.')
param principalId string

@description('The object id of a person who may read the secrets of the vault and edit the configuration; empty: nobody.')
param personId string
param resourceGroupName string
param storageAccountName string
param configContainer string
param vaultName string
param applicationInsightsId string
param workspaceId string
param appWorkspaceId string

@description('The Web PubSub resource whose tokens the identity signs; empty: none.')
param webPubSubId string

@description('The Communication Services resource whose tokens are given; empty: none.')
param communicationServicesId string
param watchedSubscriptions array

@description('Whether the app may set the state of an alert.')
param changesAlertState bool

// Built-in roles. Their ids are the same everywhere.
var monitoringReader = '43d0d8ad-25c7-4714-9337-8ba259a9fe05' // Monitoring Reader
var logAnalyticsReader = '73c42c96-874c-492b-b04d-ab87d138a893' // Log Analytics Reader
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher
var blobOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var queueContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
var tableContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6' // Key Vault Secrets User
var communicationOwner = '09976791-48a7-449e-bb21-39d1a415f350' // Communication and Email Service Owner

var applicationInsightsParts = split(applicationInsightsId, '/')
var webPubSubParts = split(empty(webPubSubId) ? '${subscription().id}/resourceGroups/${resourceGroupName}/providers/Microsoft.SignalRService/webPubSub/none' : webPubSubId, '/')
var communicationParts = split(empty(communicationServicesId) ? '${subscription().id}/resourceGroups/${resourceGroupName}/providers/Microsoft.Communication/communicationServices/none' : communicationServicesId, '/')

// Metrics, live configuration, resource health, Resource Graph and the workspaces of these subscriptions are read.
module onSubscription 'roles/subscription.bicep' = [for watched in watchedSubscriptions: {
  name: 'roles-subscription-${uniqueString(principalId, watched)}'
  scope: subscription(watched)
  params: {
    principalId: principalId
    role: monitoringReader
    changesAlertState: changesAlertState
  }
}]

// A workspace of another subscription is read by a role of its own.
module onWorkspace 'roles/workspace.bicep' = if (!contains(watchedSubscriptions, split(workspaceId, '/')[2])) {
  name: 'roles-workspace'
  scope: resourceGroup(split(workspaceId, '/')[2], split(workspaceId, '/')[4])
  params: {
    principalId: principalId
    role: logAnalyticsReader
    workspaceName: last(split(workspaceId, '/'))
  }
}

module onAppWorkspace 'roles/workspace.bicep' = if (appWorkspaceId != workspaceId && !contains(watchedSubscriptions, split(appWorkspaceId, '/')[2])) {
  name: 'roles-app-workspace'
  scope: resourceGroup(split(appWorkspaceId, '/')[2], split(appWorkspaceId, '/')[4])
  params: {
    principalId: principalId
    role: logAnalyticsReader
    workspaceName: last(split(appWorkspaceId, '/'))
  }
}

// Of blobs the host needs to be owner: it keeps its leases there.
module onStorage 'roles/storage.bicep' = {
  name: 'roles-storage'
  scope: resourceGroup(resourceGroupName)
  params: {
    principalId: principalId
    roles: [blobOwner, queueContributor, tableContributor]
    accountName: storageAccountName
  }
}

// A person edits the configuration in its container, and nothing else of the account.
module onConfiguration 'roles/configuration.bicep' = if (!empty(personId)) {
  name: 'roles-configuration'
  scope: resourceGroup(resourceGroupName)
  params: {
    principalId: personId
    role: blobContributor
    accountName: storageAccountName
    containerName: configContainer
  }
}

// Settings that refer to a secret are read as the app.
module onVault 'roles/vault.bicep' = {
  name: 'roles-vault'
  scope: resourceGroup(resourceGroupName)
  params: {
    principalId: principalId
    personId: personId
    role: secretsUser
    vaultName: vaultName
  }
}

// Application Insights takes telemetry of identities only.
module onApplicationInsights 'roles/application-insights.bicep' = {
  name: 'roles-application-insights'
  scope: resourceGroup(applicationInsightsParts[2], applicationInsightsParts[4])
  params: {
    principalId: principalId
    role: metricsPublisher
    applicationInsightsName: last(applicationInsightsParts)
  }
}

// One data action: to ask for the token of a client.
module onWebPubSub 'roles/web-pubsub.bicep' = if (!empty(webPubSubId)) {
  name: 'roles-web-pubsub'
  scope: resourceGroup(webPubSubParts[2], webPubSubParts[4])
  params: {
    principalId: principalId
    dataActions: ['Microsoft.SignalRService/WebPubSub/clientConnection/generateToken/action']
    webPubSubName: last(webPubSubParts)
  }
}

// Identities and tokens of users.
module onCommunicationServices 'roles/communication.bicep' = if (!empty(communicationServicesId)) {
  name: 'roles-communication'
  scope: resourceGroup(communicationParts[2], communicationParts[4])
  params: {
    principalId: principalId
    role: communicationOwner
    communicationServicesName: last(communicationParts)
  }
}
