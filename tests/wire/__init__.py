"""What real servers send, read by the client and by every adapter, however the bytes are cut."""
