"""Who is told what at which stage, in which words, and that it happens once."""
