"""Talking with customers: what they are told, what they say, and what they want to hear."""

from api.routes.contact import incoming, messages, notifications, preferences, templates

ROUTERS = (
    incoming.router,
    notifications.router,
    templates.router,
    messages.router,
    preferences.router,
    preferences.open_router,
)
