"""The tests of the product, one folder for each room."""
