"""What is true of the whole house: floors, purity, shape, papers, tracked files and registries."""
