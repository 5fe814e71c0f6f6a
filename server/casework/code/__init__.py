"""Reading code and projects: parsing only. Nothing here runs, imports or changes what it reads."""
