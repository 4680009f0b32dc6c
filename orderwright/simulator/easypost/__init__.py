"""EasyPost, as its SDK sees it: shipments, rates, labels, trackers."""
