"""The tests mirror the tree they test, folder by folder; `contracts` holds what is true of all of it."""
