"""At what size an exit's camera reads the codes of tickets and receipts."""
