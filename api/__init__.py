"""The HTTP doors: intake, acceptance, roster. This room speaks HTTP and refuses to decide anything itself."""
