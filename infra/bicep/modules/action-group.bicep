// Whoever raises an alert tells the app of it. Global: Service Health sends nowhere else.
param name string

@maxLength(12)
param shortName string
param tags object

@description('Where the app takes alerts, with the key of the function.')
@secure()
param webhookUrl string

@description('Whom the token of an alert is for; empty: no token is sent.')
param audience string
param applicationId string
param tenantId string

var receiver = {
  name: 'linekeeper'
  serviceUri: webhookUrl
  useCommonAlertSchema: true
  useAadAuth: !empty(audience)
}
var proof = {
  identifierUri: audience
  objectId: applicationId
  tenantId: tenantId
}
var usedReceiver = empty(audience) ? receiver : union(receiver, proof)

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'Global'
  tags: tags
  properties: {
    groupShortName: shortName
    enabled: true
    webhookReceivers: [usedReceiver]
  }
}

output id string = group.id
