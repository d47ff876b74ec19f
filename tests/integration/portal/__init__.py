"""The portal as a process, on a real broker and a real mongod of its own."""
