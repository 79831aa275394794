// What points at the code: deployed after it, because its functions and their keys are not there before.
@description('The function app, in the group that this is deployed to.')
param functionAppName string

@description('The watched Web PubSub resource.')
param webPubSubId string

@description('The workspace with the logs of the app.')
param appWorkspaceId string
param location string = resourceGroup().location

@description('Who is written to where the app itself is silent, as it cannot tell then; empty: nobody.')
param heartbeatEmail string = ''

@description('The hub whose events the app answers. It is written whole, so name one that has no settings yet; empty: none.')
param hubName string = ''

@description('Whom the token of an alert is for (linekeeper entra --print); empty: the key of the function is enough.')
param alertAudience string = ''

@description('The object id of the application with that audience, in the tenant of the token.')
param alertApplicationId string = ''

@description('The tenant that issues the token.')
param alertTenant string = tenant().tenantId

@description('Whom the token of an event is for (linekeeper entra --print); empty: an access key signs events.')
param eventsAudience string = ''

var tags = { 'linekeeper-app': functionAppName }
var webPubSubParts = split(webPubSubId, '/')

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: functionAppName

  // A key of this function alone, which can be renewed alone.
  resource receiveAlert 'functions' existing = {
    name: 'receive_alert'
  }
}

module alerts 'modules/action-group.bicep' = {
  name: 'action-group-alerts'
  params: {
    name: '${functionAppName}-alerts'
    shortName: 'linekeeper'
    tags: tags
    webhookUrl: 'https://${app.properties.defaultHostName}/api/alerts?code=${app::receiveAlert.listKeys().default}'
    audience: alertAudience
    applicationId: alertApplicationId
    tenantId: alertTenant
  }
}

module hub 'modules/hub.bicep' = if (!empty(hubName)) {
  name: 'hub-${uniqueString(functionAppName, hubName)}'
  scope: resourceGroup(webPubSubParts[2], webPubSubParts[4])
  params: {
    webPubSubName: last(webPubSubParts)
    hubName: hubName
    urlTemplate: 'https://${app.properties.defaultHostName}/api/pubsub/{hub}/{event}'
    audience: eventsAudience
  }
}

// A rule on the activity log sees its own subscription only, so it stands beside a resource of another one.
var isOfThisSubscription = toLower(webPubSubParts[2]) == toLower(subscription().subscriptionId)

module rules 'modules/alert-rules.bicep' = {
  name: 'alert-rules-${uniqueString(functionAppName)}'
  scope: resourceGroup(webPubSubParts[2], isOfThisSubscription ? resourceGroup().name : webPubSubParts[4])
  params: {
    prefix: functionAppName
    webPubSubId: webPubSubId
    actionGroupId: alerts.outputs.id
    tags: tags
  }
}

module heartbeat 'modules/heartbeat.bicep' = if (!empty(heartbeatEmail)) {
  name: 'heartbeat'
  params: {
    prefix: functionAppName
    email: heartbeatEmail
    appWorkspaceId: appWorkspaceId
    location: location
    tags: tags
  }
}
