"""A flow's settings: provider, models, overrides, addresses, and the file they rest in. Never a key.

Floor 0: knows errors and how to tell a key, and nothing of providers, nodes or widgets.
"""

from byok_widgets.config.base_url import BaseUrl
from byok_widgets.config.flow_config import FlowConfig, ResolvedModel
from byok_widgets.config.model_ref import ModelRef
from byok_widgets.config.notice import NoticeKind, SettingsNotice
from byok_widgets.config.settings_file import checked_name

__all__ = [
    "BaseUrl",
    "FlowConfig",
    "ModelRef",
    "NoticeKind",
    "ResolvedModel",
    "SettingsNotice",
    "checked_name",
]
