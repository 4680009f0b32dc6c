"""Money, as it is sent and read: payments, refunds, gift cards, transfers, papers, the books."""
