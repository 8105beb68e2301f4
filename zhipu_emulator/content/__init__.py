"""What endpoints read and make: documents, pictures, sound, pages of a small web."""
