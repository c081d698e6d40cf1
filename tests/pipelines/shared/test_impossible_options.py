"""No impossible value of an option shows a traceback or loads anything, in any program."""

import pytest

# per program: what is typed, and what the message says
IMPOSSIBLE = {
    "run": {
        "+typo=1": "typo: no such option; the options are tag, seed",
        "+store.attention.x=1": "store.attention.x: no such option; the options are store.attention.sentences",
        "+store.x.y=1": "store.x: no such option",
        "probe.l2=[[a]]": "probe.l2=['a']: a single value is expected",
        "data.max_sentences=[]": "data.max_sentences=[]: a single value is expected",
        "data.max_sentences=???": "not set: data.max_sentences; type data.max_sentences=…",
        "store.folder=": "store.folder='': the value is empty",
        "model.checkpoint=": "model.checkpoint='': the value is empty",
        "outputs=": "outputs='': the value is empty",
        "outputs=null": "${outputs}",
        "tag=null": "tag=null: a value is expected",
        "threads=5000": "threads=5000: at most 1024",
        f"seed={10**30}": "the number is too large",
    },
    "view": {
        "+typo=1": "typo: no such option; the options are text, text_b",
        "+store.attention.x=1": "store.attention.x: no such option",
        "outputs=": "outputs='': the value is empty",
        "most=???": "not set: most; type most=…",
        "most=0": "most=0: must be greater than 0",
    },
    "explore": {
        "+typo=1": "typo: no such option; the options are port, text",
        "port=???": "not set: port; type port=…",
        "characters=-1": "characters=-1: must be greater than 0",
        "threads=5000": "threads=5000: at most 1024",
    },
    "report": {
        "+typo=1": "typo: no such option; the options are tag, runs, name, outputs",
        "runs=[[a]]": "runs=['a']: a single value is expected",
        "runs=[null]": "runs=null: a value is expected",
        "runs={a: 1}": "runs={a: 1}",
        "runs=": "runs='': the value is empty",
        "tag=": "tag='': the value is empty",
        "tag=null": "tag=null: a value is expected",
        "tag=???": "not set: tag; type tag=…",
        "tag=[a]": "tag=['a']: a single value is expected",
        "name=../x": "name='../x': it names a folder",
        "outputs=": "outputs='': the value is empty",
    },
    "benchmark": {
        "+reapeats=3": "reapeats: no such option; the options are name, only, repeats",
        "+seed=3": "seed: no such option",
        "+store.attention.x=1": "store.attention.x: no such option",
        "+probe.typo=1": "probe.typo: no such option; the options are probe.name, probe.l2",
        "only=help": "only=help: not a valid value; choose one of extract_over_forward",
        "only=[help_seconds,help]": "only=help: not a valid value",
        "only=[null]": "only=null: a value is expected",
        "only=": "only='': the value is empty",
        "only=3": "only=3: not a valid value",
        "repeats=0": "repeats=0: must be greater than 0",
        "repeats=-1": "repeats=-1: must be greater than 0",
        "repeats=1.5": "repeats=1.5",
        "repeats=many": "repeats=many",
        "repeats=[1]": "repeats=[1]: a single value is expected",
        "repeats=null": "repeats=null: a value is expected",
        "repeats=???": "not set: repeats",
        "sentences=0": "sentences=0: must be greater than 0",
        "layer=-1": "layer=-1: must be 0 or greater",
        "name=a/b": "name='a/b': it names a folder or a file",
        "threads=0": "threads=0",
        "device=gpu": "device=gpu: not a valid value",
        "strict=-1": "strict=-1: type strict=true or strict=false",
        "probe=mdl": "probe=mdl: the benchmark measures the linear probe; type probe=linear",
        "~model": "model is missing; type model=…",
    },
}
NEEDED = {"view": ["text=hello"]}
CASES = [(program, typed, message) for program, cases in IMPOSSIBLE.items() for typed, message in cases.items()]


@pytest.fixture
def nothing_loads(monkeypatch):
    """Reading a corpus or a checkpoint, looking for runs and opening a port fail the test."""

    def load(*arguments):
        raise AssertionError("the options are to be checked first")

    for name in ("shared.stand_ins.resolve", "shared.stand_ins.load_corpus", "report.find_runs", "explore.listening"):
        monkeypatch.setattr(f"pipelines.{name}", load)


@pytest.mark.parametrize(("program", "typed", "message"), CASES)
def test_an_impossible_value_is_refused_before_anything_is_loaded(
    program, typed, message, here, refused, nothing_loads, tmp_path
):
    outputs = [] if typed.startswith("outputs") else [f"outputs={tmp_path}/out"]
    found = refused(here(*NEEDED.get(program, []), *outputs, typed, small=False, program=program), 2)
    assert message in found
    assert list(tmp_path.rglob("*.json")) == list(tmp_path.rglob("*.html")) == []


@pytest.mark.parametrize("typed", ["runs={}", "runs=[{}]"])
def test_one_folder_of_runs_is_a_list_of_one(typed, here, refused, tmp_path):
    found = refused(here(typed.format(tmp_path / "here"), small=False, program="report"), 1)
    assert f"no finished run below {tmp_path / 'here'};" in found
