"""What the stand-ins need of this machine: a certificate, ports that speak HTTPS, and Node."""
