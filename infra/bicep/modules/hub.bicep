// A hub whose events the app answers.
param webPubSubName string
param hubName string
param urlTemplate string

@description('Whom the token of an event is for; empty: an access key signs events.')
param audience string

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

resource hub 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = {
  parent: webPubSub
  name: hubName
  properties: {
    anonymousConnectPolicy: 'deny'
    eventHandlers: [
      {
        // The key of a function could be read there by everybody who may read the hub, so the route has none.
        urlTemplate: urlTemplate
        userEventPattern: '*'
        systemEvents: ['connect', 'connected', 'disconnected']
        auth: empty(audience) ? { type: 'None' } : {
          type: 'ManagedIdentity'
          managedIdentity: { resource: audience }
        }
      }
    ]
  }
}
