"""What carries packets and messages: links, and the DMA of a device over them."""
