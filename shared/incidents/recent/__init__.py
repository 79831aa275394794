"""What happens just now: an incident's last hour and where it goes, and what is judged as it is pushed."""
