"""What a deployment needs beside the templates."""
