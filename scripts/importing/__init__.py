import os

# Before diffusers or transformers is imported: they read folders here, and never ask a server about them.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
