"""What runs inside the project's own Python, whichever that is (3.8 or newer): standard library, nothing of ours.

Each file is copied beside the scratch tree and started there; nothing here is imported by Casework.
"""
