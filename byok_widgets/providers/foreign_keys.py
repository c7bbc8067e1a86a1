"""Key formats of vendors without a provider here: their keys are recognised, and never sent to another vendor.

Sources: the vendors' own pages on API keys.
"""

from __future__ import annotations

from byok_widgets.secrets.key_formats import KeyFormat

FOREIGN_KEYS = (
    KeyFormat(
        owner="groq",
        label="Groq",
        prefixes=("gsk_",),
        exact=r"gsk_[A-Za-z0-9]{52}",
        shape=r"gsk_[A-Za-z0-9]{40,}",
        shortest=56,
        has_provider=False,
    ),
    KeyFormat(
        owner="xai",
        label="xAI",
        prefixes=("xai-",),
        exact=r"xai-[A-Za-z0-9_]{80}",
        shape=r"xai-[A-Za-z0-9_]{40,}",
        shortest=84,
        has_provider=False,
    ),
    KeyFormat(
        owner="huggingface",
        label="Hugging Face",
        prefixes=("hf_",),
        exact=r"hf_[A-Za-z]{34}",
        shape=r"hf_[A-Za-z0-9]{30,}",
        shortest=37,
        has_provider=False,
    ),
)
