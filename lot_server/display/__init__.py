"""The page that a lane's screen shows."""
