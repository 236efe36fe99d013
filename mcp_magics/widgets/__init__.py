"""What is live in a cell's output while a front end is there: made only when it has answered, gone when done."""
