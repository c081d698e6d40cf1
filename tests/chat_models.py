"""Tiny random decoders with chat templates of several kinds, made here: nothing is downloaded."""

import runpy
from pathlib import Path
from typing import NamedTuple

BUILD = runpy.run_path(str(Path(__file__).parent / "model" / "conftest.py"))["build"]


class Kind(NamedTuple):
    """A family of networks and tokenizers, a template, its special tokens, and which of them ends an answer."""

    family: str
    template: str
    special: tuple[str, ...]
    ends: str | None = None


KINDS = {
    # as Qwen writes it: names of roles in a line of their own, nothing before the first message
    "chatml": Kind(
        "qwen2",
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
        ("<|im_start|>", "<|im_end|>"),
        "<|im_end|>",
    ),
    # as Llama 2 and Mistral: BOS, what users say in brackets and without white space at its ends, no system
    "instruct": Kind(
        "llama",
        "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}"
        "{{ '[INST] ' + m['content'].strip() + ' [/INST]' }}"
        "{% elif m['role'] == 'assistant' %}{{ ' ' + m['content'] + eos_token }}"
        "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}",
        (),
    ),
    # as Gemma: the assistant is called model, and the content is trimmed
    "turns": Kind(
        "gpt2",
        "{% for m in messages %}{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\n' "
        "+ m['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}",
        ("<start_of_turn>", "<end_of_turn>"),
        "<end_of_turn>",
    ),
    # with a system message of its own and today's date, as Llama 3 and SmolLM write them
    "dated": Kind(
        "neox",
        "{{ '<|system|>Today is ' + strftime_now('%d %B %Y') + '.' }}{% for m in messages %}"
        "{{ '<|' + m['role'] + '|>' + m['content'] }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
        ("<|system|>", "<|user|>", "<|assistant|>"),
    ),
}


def chat_model(kind: str, folder: Path, head: bool = True, template: bool = True) -> Path:
    """Save a decoder of this kind, with three blocks of width 16 and 256 positions, into ``folder``."""
    import torch
    import transformers

    of = KINDS[kind]
    BUILD(of.family, folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": list(of.special)})
    tokenizer.model_max_length = 256
    if template:
        tokenizer.chat_template = of.template
    tokenizer.save_pretrained(folder)
    ends = tokenizer.convert_tokens_to_ids(of.ends) if of.ends else tokenizer.eos_token_id
    config = transformers.AutoConfig.from_pretrained(
        folder, vocab_size=len(tokenizer), max_position_embeddings=256, eos_token_id=ends
    )
    config.initializer_range = 0.3
    make = transformers.AutoModelForCausalLM if head else transformers.AutoModel
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = make.from_config(config, dtype=torch.float32)
    for old in folder.glob("*.safetensors"):
        old.unlink()
    network.save_pretrained(folder)
    return folder
