"""The builtin agent: Anthropic's tool loop, in a warm worker of its own. The only home of `anthropic`."""
