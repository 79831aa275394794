module who 'identity.bicep' = {
  name: 'who'
  params: {
  }
}

output id string = who.outputs.id
