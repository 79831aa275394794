"""Read and check the page of a playbook."""
