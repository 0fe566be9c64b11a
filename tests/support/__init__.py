"""What several tests share: references to compare with, random programs, interruptions, hostile objects."""
