"""Adyen's Checkout API, simulated: payments, modifications, payment links, standard notifications."""
