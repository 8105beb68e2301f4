"""One exchange with a chat model, above the wire and below any framework. Pure."""
