"""Many runs of one question: what is varied, what a run leaves behind, where it is kept, what follows from it.

Imports nothing, so that a page may read rows and the store without torch.
"""
