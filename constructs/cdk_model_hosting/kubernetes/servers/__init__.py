"""The servers that pods run: Triton, vLLM, or an image of one's own."""
