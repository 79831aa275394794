"""Web PubSub's upstream events: who may send them, what they are answered, and what they tell of the line."""
