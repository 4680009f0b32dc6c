"""The simulated world, asked by the real SDKs over real HTTP."""
