// What the app may read in a whole subscription, and where it is allowed to, the one thing that it may change.
targetScope = 'subscription'

param principalId string
param role string
param changesAlertState bool

var here = subscription().id

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource alertState 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (changesAlertState) {
  name: guid(subscription().id, 'linekeeper alert state')
  properties: {
    roleName: 'Linekeeper alert state (${subscription().subscriptionId})'
    description: 'Sets the state of an alert of Azure Monitor.'
    type: 'CustomRole'
    assignableScopes: [here]
    permissions: [
      {
        actions: ['Microsoft.AlertsManagement/alerts/changestate/action']
      }
    ]
  }
}

resource alertStateAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (changesAlertState) {
  name: guid(subscription().id, principalId, 'linekeeper alert state')
  properties: {
    roleDefinitionId: alertState.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
