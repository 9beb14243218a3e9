"""Stacked MLPs with explicit backpropagation: h, z, δ and J are named tensors, because the theorem is about them."""
