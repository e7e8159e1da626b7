"""What is offered to the guests: mixes of frame sizes, empirical message sizes, captures replayed or superposed."""
