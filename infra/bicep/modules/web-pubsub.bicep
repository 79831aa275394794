// A Web PubSub resource, where none is watched yet.
param name string

@allowed(['Free_F1', 'Standard_S1', 'Premium_P1'])
param sku string
param location string
param tags object

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'WebPubSub'
  sku: {
    name: sku
    capacity: 1
  }
  // With it the resource proves its events by a token (linekeeper entra --print).
  identity: { type: 'SystemAssigned' }
  properties: {
    // `ce-signature` is made with an access key. A false here cannot be taken back lightly: to turn it on deletes the keys.
    disableLocalAuth: false
    publicNetworkAccess: 'Enabled'
    tls: { clientCertEnabled: false }
  }
}

output id string = webPubSub.id
