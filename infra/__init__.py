"""What is deployed, and what holds it to Azure's published shapes."""
