"""From a plan to a parcel: states, parts, methods, what comes up short."""
