"""What `onestop fire` sends and how it judges what comes back: HTTP only, like any citizen."""
