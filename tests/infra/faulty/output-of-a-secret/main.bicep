param name string

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: name
}

output connection string = webPubSub.listKeys().primaryConnectionString
