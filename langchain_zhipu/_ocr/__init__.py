"""Reading documents with GLM-OCR: sources in, LangChain documents out."""

from langchain_zhipu._ocr.reading import ResumePoint as ResumePoint  # pickles have this name
