"""The commands of `onestop`: one module each, with a function `register(app)`."""
