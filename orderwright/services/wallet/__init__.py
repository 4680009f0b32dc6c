"""What customers have to pay with: gift cards, store credit, instruments that the provider keeps."""
