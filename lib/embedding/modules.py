"""A model of sentence-transformers: what its folder asks for is followed, or refused by name.

``modules.json`` lists the steps from a text to a vector: a transformer, a pooling of its tokens, and perhaps more.
The names of files and settings are those of sentence-transformers, in the notation of its versions 2 to 5.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

# By name, with the older notation as a flag. Several poolings that are flags are concatenated in this order.
POOLINGS = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}
# Of torch.nn: they work without arguments, on each number or on each vector by itself.
_ACTIVATIONS = (
    *("ELU", "GELU", "Identity", "LeakyReLU", "LogSigmoid", "Mish", "ReLU", "ReLU6", "SELU", "Sigmoid", "SiLU"),
    *("Softplus", "Softsign", "Tanh"),
)
_STEPS = {  # after the pooling, with the settings that are read
    "Dense": ("in_features", "out_features", "bias", "activation_function", "module_input_name", "module_output_name"),
    "LayerNorm": ("dimension",),
    "Normalize": ("module_input_name", "module_output_name"),
    "Dropout": ("dropout",),  # does nothing outside training
}
_WEIGHTS = ("Dense", "LayerNorm")
_TRANSFORMER_FILES = [
    f"sentence_{kind}_config.json" for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta")
] + ["sentence_xlnet_config.json"]
_USUAL = {  # settings of the transformer, with the value that changes nothing
    "transformer_task": "feature-extraction",
    "module_output_name": "token_embeddings",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
}
# Settings of speed, of padding (padding is masked here), of queries and documents of a search, and of remote code,
# which is never run.
_NO_EFFECT = ("unpad_inputs", "query_length", "document_length", "query_expansion")
_NO_EFFECT_ARGUMENTS = (
    *("add_pooling_layer", "attn_implementation", "device_map", "dtype", "low_cpu_mem_usage", "padding_side"),
    *("torch_dtype", "trust_remote_code", "use_cache", "use_fast", "use_safetensors"),
)


@dataclass(frozen=True)
class Step:
    """A step after the pooling: its ``kind``, a key of ``_STEPS``, its folder and its settings."""

    kind: str
    path: str = ""
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def takes(self) -> int | None:
        """The length of the vectors that the step takes; None for any length."""
        said = dict(self.settings)
        return said.get("in_features", said.get("dimension"))

    @property
    def gives(self) -> int | None:
        """The length of the vectors that the step returns; None if the step doesn't change the length."""
        return dict(self.settings).get("out_features")


@dataclass(frozen=True)
class Settings:
    """What a folder asks for.

    Attributes
    ----------
    transformer
        The folder of the transformer and its tokenizer, inside the model's folder.
    pooling
        Keys of ``POOLINGS``; the vectors of several are concatenated.
    width
        The length of the transformer's vectors that the pooling expects; None if it isn't said.
    steps
        What follows the pooling.
    prefix
        The default prompt, which is put before every text.
    include_prompt
        Whether the prompt's tokens are pooled as well.
    lower_case
        Whether the tokenizer gets texts in lower case.
    max_length
        The largest number of tokens of a text; None if it isn't said.
    dim
        The number of leading dimensions that are kept; None for all.
    """

    transformer: str = ""
    pooling: tuple[str, ...] = ("mean",)
    width: int | None = None
    steps: tuple[Step, ...] = ()
    prefix: str = ""
    include_prompt: bool = True
    lower_case: bool = False
    max_length: int | None = None
    dim: int | None = None


def listed(folder: Path, model: str) -> list[tuple[str, str]]:
    """The modules of a model in order: the kind of each and its folder; no modules without ``modules.json``.

    Raises
    ------
    ValueError
        If a module can't be followed.
    """
    said = _read(folder, "modules.json", model, list)
    if said is None:
        return []
    found = []
    for module in said:
        if not isinstance(module, dict) or not all(isinstance(module.get(key, ""), str) for key in ("type", "path")):
            refuse(model, f"modules.json has the entry {module!r:.60}, which is not a module")
        kind, path = module.get("type", ""), PurePosixPath(module.get("path", ""))
        if path.is_absolute() or ".." in path.parts:
            refuse(model, f"the folder {str(path)!r} of modules.json lies outside the model")
        name = kind.rpartition(".")[2]
        wanted = ("Pooling", *_STEPS) if found else ("Transformer",)
        if not kind.startswith("sentence_transformers.") or name not in wanted:
            refuse(model, f"it has the module {kind!r} ({'after ' + found[-1][0] if found else 'first'})")
        if (name == "Pooling") != (len(found) == 1):
            refuse(model, f"its module {len(found) + 1} is {name!r}: the order must be Transformer, Pooling, others")
        found.append((name, "" if str(path) == "." else str(path)))
    if len(found) < 2:
        refuse(model, "its modules.json has no Transformer with a Pooling")
    return found


def missing(folder: Path, model: str) -> str | None:
    """The first file that a model's folder lacks; None if the folder is whole. Broken downloads lack some."""
    modules = listed(folder, model)
    root = folder / modules[0][1] if modules else folder
    wanted = [root / "config.json"]
    index = _read(root, "model.safetensors.index.json", model, dict)
    if index is not None:
        weights = index.get("weight_map")
        wanted += [root / str(name) for name in (weights.values() if isinstance(weights, dict) else [])]
    elif not any(root.glob("*.safetensors")):
        wanted += [root / "model.safetensors"]
    for kind, path in modules[1:]:
        wanted += [folder / path / "config.json"] if kind in ("Pooling", *_WEIGHTS) else []
        wanted += [folder / path / "model.safetensors"] if kind in _WEIGHTS else []
    return next((file.relative_to(folder).as_posix() for file in wanted if not file.is_file()), None)


def read_settings(folder: Path, model: str) -> Settings:
    """What a model's folder asks for.

    Parameters
    ----------
    model
        The name of the model, for messages.

    Raises
    ------
    ValueError
        If something can't be followed: the message names the module or the setting, and the model.
    """
    modules = listed(folder, model)
    if (folder / (modules[0][1] if modules else "") / "adapter_config.json").is_file():
        refuse(model, "it is an adapter of another model (adapter_config.json)")
    if not modules:
        return Settings(pooling=("lasttoken",) if _is_causal(folder, model) else ("mean",))
    (_, root), (_, pooling), *others = modules
    return Settings(
        transformer=root,
        steps=tuple(_step(folder, kind, path, model) for kind, path in others if kind != "Dropout"),
        **_transformer(folder / root, model),
        **_pooling(folder, pooling, model),
        **_prompt(folder, model),
    )


def refuse(model: str, why: str) -> NoReturn:
    """Raise the ValueError of a model that can't be followed."""
    raise ValueError(f"{model} can't be used as it is meant to be: {why}. Choose another model.") from None


def _is_causal(folder: Path, model: str) -> bool:
    """Whether a model without ``modules.json`` reads from left to right only, so that its last token has seen most."""
    config = _read(folder, "config.json", model, dict) or {}
    architectures = config.get("architectures") or [""]
    return str(architectures[0]).endswith("ForCausalLM") and config.get("is_causal", True)


def _transformer(folder: Path, model: str) -> dict[str, Any]:
    file = next((name for name in _TRANSFORMER_FILES if (folder / name).is_file()), _TRANSFORMER_FILES[0])
    said = _read(folder, file, model, dict) or {}
    lower_case, length = said.pop("do_lower_case", False), said.pop("max_seq_length", None)
    for part in ("model", "tokenizer", "processor", "config"):
        for name in (f"{part}_args", f"{part}_kwargs"):
            arguments = said.pop(name, None) or {}
            if part in ("tokenizer", "processor") and isinstance(arguments, dict):
                length = arguments.pop("model_max_length", length)
            _only(arguments if isinstance(arguments, dict) else {name: arguments}, _NO_EFFECT_ARGUMENTS, file, model)
    for name, usual in _USUAL.items():
        if said.pop(name, usual) != usual:
            refuse(model, f"{file} has another {name} than {json.dumps(usual)}")
    _only(said, _NO_EFFECT, file, model)
    if not isinstance(lower_case, bool | None):
        refuse(model, f"{file} has do_lower_case {lower_case!r}, which is neither true nor false")
    return {"lower_case": bool(lower_case), "max_length": _count(length, "max_seq_length", file, model)}


def _pooling(folder: Path, path: str, model: str) -> dict[str, Any]:
    file = f"{path}/config.json"
    said = _read(folder, file, model, dict)
    if said is None:
        refuse(model, f"it lacks {file}")
    width = _count(said.get("embedding_dimension", said.get("word_embedding_dimension")), "dimension", file, model)
    kinds = said.get("pooling_mode")
    if kinds is None:
        kinds = [kind for kind, flag in POOLINGS.items() if said.get(flag)] or ["mean"]
    kinds = tuple([kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else [])
    if not kinds or not all(isinstance(kind, str) and kind.lower() in POOLINGS for kind in kinds):
        refuse(model, f"{file} has the pooling_mode {said['pooling_mode']!r:.60}; known are {', '.join(POOLINGS)}")
    known = ("embedding_dimension", "word_embedding_dimension", "include_prompt", "pooling_mode", *POOLINGS.values())
    _only(said, known, file, model)
    kept = {"pooling": tuple(kind.lower() for kind in kinds), "width": width}
    return kept | {"include_prompt": bool(said.get("include_prompt", True))}


def _step(folder: Path, kind: str, path: str, model: str) -> Step:
    file = f"{path}/config.json"
    said = _read(folder, file, model, dict) if path else None
    if said is None and kind != "Normalize":  # older versions save no settings of Normalize
        refuse(model, f"it lacks {file}")
    said = said or {}
    _only(said, _STEPS[kind], file, model)
    for name in ("module_input_name", "module_output_name"):
        if said.pop(name, None) not in (None, "sentence_embedding"):
            refuse(model, f"{file} has another {name} than sentence_embedding")
    if kind == "Dense":
        said = {"bias": said.get("bias", True), "activation_function": "torch.nn.modules.activation.Tanh"} | said
        home, _, name = str(said["activation_function"] or "torch.nn.Identity").rpartition(".")
        if not f"{home}.".startswith("torch.nn.") or name not in _ACTIVATIONS:
            refuse(model, f"{file} has the activation_function {said['activation_function']!r:.60}")
        said["activation_function"] = name
    for name in {"Dense": ("in_features", "out_features"), "LayerNorm": ("dimension",)}.get(kind, ()):
        if _count(said.get(name), name, file, model) is None:
            refuse(model, f"{file} doesn't say its {name}")
    return Step(kind, path, tuple(sorted(said.items())))


def _prompt(folder: Path, model: str) -> dict[str, Any]:
    file = "config_sentence_transformers.json"
    said = _read(folder, file, model, dict) or {}
    if said.get("model_type", "SentenceTransformer") != "SentenceTransformer":
        refuse(model, f"it is a {said['model_type']!r:.60} ({file}), which doesn't make one vector of a text")
    prompts, name = said.get("prompts") or {}, said.get("default_prompt_name")
    prefix = "" if name is None else prompts.get(name) if isinstance(prompts, dict) else None
    if not isinstance(prefix, str):
        refuse(model, f"{file} has the default_prompt_name {name!r:.60}, which is not among its prompts")
    return {"prefix": prefix, "dim": _count(said.get("truncate_dim"), "truncate_dim", file, model)}


def _only(said: Mapping[str, Any], known: Collection[str], file: str, model: str) -> None:
    """Refuse a setting that isn't known, unless it is off."""
    for name, value in said.items():
        if name not in known and value:
            refuse(model, f"{file} has the setting {name} = {json.dumps(value)[:60]}")


def _count(value: Any, name: str, file: str, model: str) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        refuse(model, f"{file} has {name} {value!r:.60}, which is not a positive whole number")
    return value


def _read(folder: Path, name: str, model: str, kind: type) -> Any:
    """The content of a JSON file, of a given type; None if there is no such file."""
    try:
        said = json.loads((folder / name).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        refuse(model, f"{name} can't be read ({' '.join(str(error).split())[:80]})")
    if not isinstance(said, kind):
        refuse(model, f"{name} is not a JSON {'object' if kind is dict else 'list'}")
    return said
