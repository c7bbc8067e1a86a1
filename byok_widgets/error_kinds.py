"""The kinds of errors, for programs to compare; people read the messages.

Kinds are stable; messages may change in any version.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "error": "any other error",
        "no_key": "no API key is configured for this flow and provider",
        "bad_key_format": "what was given cannot be an API key; `flaw` says why",
        "misplaced_key": "an API key was found where none belongs",
        "wrong_provider": "the key is another provider's; `suggested_provider` says whose",
        "bad_key_reference": "not the name of an environment variable",
        "key_variable_not_set": "this kernel has no environment variable of that name",
        "key_store": "a storage backend for keys failed",
        "unknown_backend": "there is no storage backend of that name",
        "backend_read_only": "this storage backend holds only references, not keys",
        "backend_failed": "a storage backend failed in a way of its own",
        "backend_timeout": "a storage backend did not answer in time",
        "backend_missing": "the key is in a storage backend that is not available here",
        "no_keyring": "this machine has no keyring that can be used for keys",
        "keyring_locked": "the keyring is locked",
        "keyring_timeout": "the keyring did not answer in time",
        "keyring_lost": "the keyring did not keep the key",
        "keyring_not_opened": "the keyring could not be opened",
        "keyring_not_saved": "the keyring did not accept the key",
        "keyring_not_removed": "the keyring did not remove the key",
        "keyring_failed": "the keyring failed in some other way",
        "file_missing": "there is no encrypted file of keys yet",
        "file_exists": "there is an encrypted file already",
        "file_locked": "the encrypted file needs its passphrase",
        "file_damaged": "the encrypted file was damaged and set aside",
        "file_newer": "the encrypted file was written by a newer version",
        "file_unreadable": "the encrypted file cannot be read",
        "file_busy": "another program is using the encrypted file",
        "file_is_link": "the encrypted file is a link, which is not followed",
        "file_not_written": "the encrypted file cannot be written",
        "key_damaged": "this flow's entry in the encrypted file is damaged",
        "key_lost": "the key that was saved in the encrypted file is no longer there",
        "bad_passphrase": "the passphrase is too short",
        "wrong_passphrase": "not the passphrase of the encrypted file",
        "passphrase_unusable": "this machine cannot derive a key from the passphrase",
        "config": "a setting or an argument is invalid",
        "flow_name_missing": "a flow needs a name",
        "flow_name_too_long": "the flow's name is too long",
        "flow_name_not_text": "the flow's name cannot be saved as text",
        "unknown_provider": "there is no provider of that name",
        "unknown_name": "there is no setting or argument of that name",
        "key_in_code": "an API key was given in code",
        "model_ref": "not a model",
        "model_ref_incomplete": "a provider without a model",
        "no_model": "no model is chosen",
        "base_url": "not the address of an endpoint, or none is given",
        "base_url_extras": "the address holds a user name, a query or a fragment",
        "base_url_insecure": "plain http to another machine",
        "sync_call_on_loop": "a sync call where waiting would deadlock",
        "setting_not_json": "JSON cannot hold the value of a setting",
        "text_too_long": "a text is longer than any name or address",
        "dialogue": "not a dialogue",
        "no_jupyterlab": "JupyterLab is not installed",
        "tutorials_not_written": "the tutorials cannot be put into the folder",
        "no_git": "git is not installed",
        "no_git_repository": "not inside a git repository",
        "template": "a prompt cannot be used as a template",
        "template_syntax": "the prompt is not a valid template",
        "template_no_value": "a variable has not been stated yet",
        "template_unknown_variable": "there is no such variable",
        "template_unknown_part": "a variable has no such part",
        "template_too_long": "the prompt would be too long after it was filled in",
        "template_failed": "the prompt could not be filled in",
        "template_timeout": "the prompt could not be filled in within its time limit",
    }
)
"""The meaning of each `ByokError.kind` of keys, settings, prompts and the command line."""
