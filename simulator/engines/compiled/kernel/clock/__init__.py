"""What every room stands on: the calendar, numbers, draws, packets, and the head of the memory."""
