"""What `make attacks` is made of: rows of attack data, and the program that judges them."""
