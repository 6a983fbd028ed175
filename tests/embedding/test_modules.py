import json

import pytest
import torch
from safetensors.torch import save_file
from tiny_models import save_modules, save_text_model

from lib.embedding import embed, photo_encoder, text_encoder
from lib.embedding.modules import Settings, read_settings

MEAN = ("Pooling", {"pooling_mode_mean_tokens": True})
LINEAR = {"linear.weight": torch.ones(3, 32), "linear.bias": torch.zeros(3)}
DENSE = {"in_features": 32, "out_features": 3, "weights": LINEAR}
NEWER = {
    "transformer_task": "feature-extraction",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
    "module_output_name": "token_embeddings",
    "unpad_inputs": True,
}


@pytest.mark.parametrize(
    ("pooling", "files", "expected"),
    [
        ({}, {}, {"pooling": ("mean",)}),
        ({"pooling_mode_mean_tokens": False, "pooling_mode_lasttoken": True}, {}, {"pooling": ("lasttoken",)}),
        ({"pooling_mode_lasttoken": True, "pooling_mode_cls_token": True}, {}, {"pooling": ("cls", "lasttoken")}),
        ({"pooling_mode": "lasttoken", "embedding_dimension": 32}, {}, {"pooling": ("lasttoken",), "width": 32}),
        ({"pooling_mode": ["mean", "cls"]}, {}, {"pooling": ("mean", "cls")}),
        ({"word_embedding_dimension": 32, "include_prompt": False}, {}, {"width": 32, "include_prompt": False}),
        (
            {},
            {"sentence_bert_config": {"max_seq_length": 7, "do_lower_case": True}},
            {"max_length": 7, "lower_case": 1},
        ),
        ({}, {"sentence_roberta_config": {"max_seq_length": 7}}, {"max_length": 7}),
        ({}, {"sentence_bert_config": {"max_seq_length": None, "do_lower_case": None}}, {}),
        ({}, {"sentence_bert_config": NEWER | {"tokenizer_args": {"model_max_length": 9}}}, {"max_length": 9}),
        ({}, {"sentence_bert_config": {"model_args": {"trust_remote_code": True}}}, {}),
        (
            {},
            {"config_sentence_transformers": {"prompts": {"q": "к: "}, "default_prompt_name": "q"}},
            {"prefix": "к: "},
        ),
        ({}, {"config_sentence_transformers": {"prompts": {"q": "к: "}, "default_prompt_name": None}}, {}),
        ({}, {"config_sentence_transformers": {"truncate_dim": 8, "model_type": "SentenceTransformer"}}, {"dim": 8}),
    ],
)
@pytest.mark.parametrize("home", ["sentence_transformers.models", "sentence_transformers.base.modules.x"])
def test_settings_of_both_notations(tmp_path, home, pooling, files, expected):
    save_modules(tmp_path, ("Pooling", pooling), home=home, **files)
    assert read_settings(tmp_path, "a/b") == Settings(**expected)


def test_without_modules_the_architecture_decides(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["QwenForCausalLM"]}))
    assert read_settings(tmp_path, "a/b").pooling == ("lasttoken",)
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["GemmaForCausalLM"], "is_causal": False}))
    assert read_settings(tmp_path, "a/b").pooling == ("mean",)


REFUSED = {
    "module": ([MEAN, ("WordWeights", {})], {}, "WordWeights"),
    "layers": ([("WeightedLayerPooling", {}), MEAN], {}, "WeightedLayerPooling"),
    "order": ([("Normalize", {}), MEAN], {}, "order must be Transformer, Pooling"),
    "two poolings": ([MEAN, MEAN], {}, "'Pooling'"),
    "no pooling": ([], {}, "no Transformer with a Pooling"),
    "pooling": ([("Pooling", {"pooling_mode": "attention"})], {}, "'attention'"),
    "no pooling mode": ([("Pooling", {"pooling_mode": []})], {}, "pooling_mode"),
    "pooling flag": ([("Pooling", {"pooling_mode_median_tokens": True})], {}, "pooling_mode_median_tokens"),
    "pooling width": ([("Pooling", {"embedding_dimension": 31})], {}, "pools vectors of 31 numbers, not of 32"),
    "activation": ([MEAN, ("Dense", {**DENSE, "activation_function": "os.system"})], {}, "'os.system'"),
    "softmax": ([MEAN, ("Dense", {**DENSE, "activation_function": "torch.nn.Softmax"})], {}, "'torch.nn.Softmax'"),
    "residual": ([MEAN, ("Dense", {**DENSE, "use_residual": True})], {}, "use_residual"),
    "dense of tokens": ([MEAN, ("Dense", {**DENSE, "module_input_name": "token_embeddings"})], {}, "module_input_name"),
    "dense width": ([MEAN, ("Dense", {**DENSE, "in_features": 31})], {}, "takes 31 numbers, not 32"),
    "no width": ([MEAN, ("Dense", {"weights": LINEAR})], {}, "in_features"),
    "norm width": ([MEAN, ("Dense", DENSE), ("LayerNorm", {"dimension": 4, "weights": LINEAR})], {}, "takes 4"),
    "norm of tokens": ([MEAN, ("Normalize", {"module_input_name": "token_embeddings"})], {}, "module_input_name"),
    "other weights": ([MEAN, ("Dense", {**DENSE, "weights": {"linear.weight": torch.ones(3, 32)}})], {}, "linear|bias"),
    "no weights": ([MEAN, ("Dense", {"in_features": 32, "out_features": 3})], {}, "2_Dense/model.safetensors"),
    "length": ([MEAN], {"sentence_bert_config": {"max_seq_length": "12"}}, "max_seq_length '12'"),
    "two tokens": ([MEAN], {"sentence_bert_config": {"max_seq_length": 2}}, "2 tokens, which special tokens fill"),
    "task": ([MEAN], {"sentence_bert_config": {"transformer_task": "fill-mask"}}, "transformer_task"),
    "chat": ([MEAN], {"sentence_bert_config": {"modality_config": {"message": {}}}}, "modality_config"),
    "arguments": ([MEAN], {"sentence_bert_config": {"config_args": {"num_hidden_layers": 1}}}, "num_hidden_layers"),
    "mask": ([MEAN], {"sentence_bert_config": {"mask_prompt": True}}, "mask_prompt"),
    "prompt": ([MEAN], {"config_sentence_transformers": {"prompts": {}, "default_prompt_name": "q"}}, "'q'"),
    "kind": ([MEAN], {"config_sentence_transformers": {"model_type": "SparseEncoder"}}, "SparseEncoder"),
    "adapter": ([MEAN], {"adapter_config": {}}, "adapter of another model"),
    "not a list": ([MEAN], {"modules": {"a": 1}}, "modules.json is not a JSON list"),
    "not a module": ([MEAN], {"modules": [3]}, "entry 3"),
    "own code": ([MEAN], {"modules": [{"type": "custom_st.Transformer", "path": ""}]}, "custom_st.Transformer"),
    "outside": ([MEAN], {"modules": [{"type": "sentence_transformers.models.Transformer", "path": "../x"}]}, "outside"),
}


@pytest.mark.parametrize(("modules", "files", "says"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_followed_is_refused_by_name_in_one_line(tmp_path, modules, files, says):
    save_text_model(tmp_path)
    save_modules(tmp_path, *modules, **files)
    with pytest.raises(ValueError, match=says) as refusal:
        embed(["кот"], text_encoder(str(tmp_path)))
    assert str(tmp_path) in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "first", ["StaticEmbedding", "CLIPModel", "Router", "Asym", "BoW", "WordEmbeddings", "RoBERTa"]
)
@pytest.mark.parametrize("encoder", [text_encoder, photo_encoder])
def test_a_first_module_that_is_no_transformer_is_refused(tmp_path, first, encoder):
    save_modules(tmp_path, MEAN, first=first)
    with pytest.raises(ValueError, match=first):
        encoder(str(tmp_path))


@pytest.mark.parametrize("name", ["modules.json", "1_Pooling/config.json", "sentence_bert_config.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"3"])
def test_a_broken_file_is_named(tmp_path, name, content):
    save_text_model(tmp_path)
    save_modules(tmp_path, MEAN)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name) as refusal:
        text_encoder(str(tmp_path))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors"])
def test_a_folder_without_a_file_of_a_module_is_not_whole(tmp_path, name):
    save_text_model(tmp_path)
    save_modules(tmp_path, MEAN, ("Dense", DENSE))
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match=f"lacks {name}"):
        text_encoder(str(tmp_path))


def test_every_setting_is_part_of_the_fingerprint(tmp_path):
    save_text_model(tmp_path)
    seen = set()

    def note():
        seen.add(text_encoder(str(tmp_path)).fingerprint("float32"))

    note()
    for modules, files in (
        ([MEAN], {}),
        ([("Pooling", {"pooling_mode": "max"})], {}),
        ([MEAN, ("Normalize", {})], {}),
        ([MEAN, ("Dense", DENSE)], {}),
        ([MEAN, ("Dense", {**DENSE, "activation_function": "torch.nn.Identity"})], {}),
        ([MEAN, ("Dense", DENSE)], {"sentence_bert_config": {"max_seq_length": 9}}),
        ([MEAN, ("Dense", DENSE)], {"sentence_bert_config": {"do_lower_case": True}}),
        ([MEAN], {"config_sentence_transformers": {"prompts": {"q": "а"}, "default_prompt_name": "q"}}),
        ([MEAN], {"config_sentence_transformers": {"truncate_dim": 3}}),
    ):
        save_modules(tmp_path, *modules, **files)
        note()
    save_modules(tmp_path, MEAN, ("Dense", DENSE))
    before = len(seen)
    save_file({**LINEAR, "linear.bias": torch.ones(3)}, tmp_path / "2_Dense/model.safetensors")
    note()
    assert before == 10 and len(seen) == 11
