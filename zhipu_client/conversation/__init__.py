"""One exchange with a chat model: above the wire, below a framework. Pure."""
