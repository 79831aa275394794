// What the app may do with one Communication Services resource.
param principalId string
param role string
param communicationServicesName string

resource communicationServices 'Microsoft.Communication/communicationServices@2025-05-01' existing = {
  name: communicationServicesName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(communicationServices.id, principalId, role)
  scope: communicationServices
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
