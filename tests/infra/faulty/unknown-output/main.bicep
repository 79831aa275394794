module who 'identity.bicep' = {
  name: 'who'
  params: {
    name: 'lobby'
  }
}

output id string = who.outputs.clientId
