"""A flow's settings: provider, models, overrides, addresses, and the file they are saved in. Never a key."""

from byok_widgets.config.base_url import BaseUrl
from byok_widgets.config.change_elsewhere import ChangeElsewhere
from byok_widgets.config.flow_config import FlowConfig
from byok_widgets.config.model_ref import ModelRef
from byok_widgets.config.notice import NoticeKind, SettingsNotice
from byok_widgets.config.resolved_model import ResolvedModel
from byok_widgets.config.settings import Settings
from byok_widgets.config.settings_file import checked_name

__all__ = [
    "BaseUrl",
    "ChangeElsewhere",
    "FlowConfig",
    "ModelRef",
    "NoticeKind",
    "ResolvedModel",
    "Settings",
    "SettingsNotice",
    "checked_name",
]
