"""Reading documents with GLM-OCR: sources in, LangChain documents out."""
