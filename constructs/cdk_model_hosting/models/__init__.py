"""What is served: artifacts, images, containers and the models made of them."""
