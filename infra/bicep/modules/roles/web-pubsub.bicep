// What the app may do with one Web PubSub resource: a role of its own, because each built-in one gives far more.
param principalId string
param dataActions array
param webPubSubName string

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

var here = resourceGroup().id

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'linekeeper tokens')
  properties: {
    roleName: 'Linekeeper tokens (${resourceGroup().name}, ${uniqueString(resourceGroup().id)})'
    description: 'Asks a Web PubSub resource for the token of a client.'
    type: 'CustomRole'
    assignableScopes: [here]
    permissions: [
      {
        dataActions: dataActions
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(webPubSub.id, principalId, 'linekeeper tokens')
  scope: webPubSub
  properties: {
    roleDefinitionId: definition.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
