"""An application into terminals that are in use: by cable, or fetched by them from a server, a few of them first."""
