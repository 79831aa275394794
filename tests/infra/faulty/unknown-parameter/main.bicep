module who 'identity.bicep' = {
  name: 'who'
  params: {
    name: 'lobby'
    nam: 'lobby'
  }
}

output id string = who.outputs.id
