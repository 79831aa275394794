"""The product: each folder is a word that an on-call engineer says aloud."""
