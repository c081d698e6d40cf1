"""The viewer on the command line: a page of whatever is asked for, and one line for whatever cannot be."""

import json
import re
from pathlib import Path
from unittest import mock

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from pipelines.explore import Settings as ExploreSettings
from pipelines.shared.option_files import CONF, options
from pipelines.shared.options import checked, option, own_options
from pipelines.shared.typed_options import verbatim
from pipelines.viewing.inputs import Settings, target
from probing.attention.flow.attention_rollout import Rollout
from probing.errors import ConfigError, ModelError

PLAIN = "The cat sat on the mat"
PROGRAMS = {"view": Settings, "explore": ExploreSettings}


@pytest.fixture
def view(here, tmp_path):
    """view("text=a"): the viewer in this process, its outputs in a folder of its own."""

    def call(*arguments: str):
        return here(f"outputs={tmp_path}", *arguments, program="view")

    return call


@pytest.fixture
def no_model():
    """Where weights cannot be loaded."""
    with mock.patch("probing.model.encoder.read_network", side_effect=ModelError("weights were to be loaded")):
        yield


@pytest.fixture(scope="module")
def store(make) -> Path:
    """The store of a small run, and beside it the run with its probes."""
    return next(folder for folder in make("layers=1", "probe.l2=[1e-2]", "tag=view").parents if folder.name == "runs")


def options_of(program: str, override: str):
    """The settings of a program that is told one thing."""
    config = OmegaConf.load(CONF / f"{program}.yaml")
    del config["defaults"], config["hydra"]
    parsed = OverridesParser.create().parse_override(override)
    OmegaConf.update(config, parsed.key_or_group, parsed.value())
    return own_options(PROGRAMS[program], config, ())[0]


def notes_of(probe: dict, part: str) -> list[str]:
    """The notes of a page's probe that say this."""
    return [note for note in probe["notes"] if part in note]


def written(done) -> Path:
    assert (done.code, done.err) == (0, "")
    path = Path(done.out.splitlines()[-1].removeprefix("wrote: "))
    assert path.is_file()
    return path


def headers(path: Path) -> list[dict]:
    return json.loads(re.search(r'id="documents">(.*?)</script>', path.read_text(encoding="utf-8"))[1])


def test_flow_and_vectors_of_longer_texts_are_there_on_request(view):
    [short] = headers(written(view(f"text={PLAIN}", "longest_flow=3", "longest_neurons=4")))
    assert set(short["missing"]) == {"flow", "neurons"} and "type longest_flow=8" in short["missing"]["flow"]


def test_a_sentence_that_the_probes_were_made_with_is_said_to_be_one(view, store):
    where = (f"store.folder={store.parent / 'store'}", f"runs=[{store}]", "data=grammar")
    done = view("sentence=train-0001", *where)
    assert "train-0001: the store has no attention maps of it, so the model computes them" in done.out
    [seen] = headers(written(done))
    assert seen["probes"] and all(notes_of(probe, "is in train of grammar") for probe in seen["probes"])
    asked = view("sentence=test-0001", "load=true", *where)
    assert "the store has no attention maps of it" not in asked.out
    [unseen] = headers(written(asked))
    assert unseen["probes"] and not any(notes_of(probe, "trained") for probe in unseen["probes"])


def test_a_text_becomes_a_page(view, tmp_path):
    done = view(f"text={PLAIN}")
    path = written(done)
    assert path.parent == tmp_path / "views/minilm" and path.name.startswith("the-cat-sat-on-the-mat-")
    [header] = headers(path)
    assert (header["text"], header["model"], header["missing"]) == (PLAIN, "minilm", {})
    assert header["provenance"].keys() >= {"command", "commit", "versions", "checkpoint", "maps"}
    assert header["provenance"]["checkpoint"]["revision"] == header["checkpoint"]
    said = done.out
    assert "loading minilm" in said and "attention of 1 input: from the model" in said
    assert "probes: none to show from" in said
    assert re.search(r"\d\.\d\d MB; rounding changes a weight by at most 0.00002", said)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert written(view(f"text={PLAIN}", "bits=8", "parts=[norm]")) == path
    [header] = headers(path)
    assert {a["bits"] for a in header["arrays"].values()} == {8}
    assert set(header["missing"]) == {"flow", "neurons"}


def test_a_page_of_two_layers_and_two_models(view):
    path = written(view(f"text={PLAIN}", "layers=[6,2]", "beside=minilm", "parts=[norm]"))
    first, second = headers(path)
    assert first["layers"] == second["layers"] == [2, 6]
    assert (first["model"], second["model"], first["n_blocks"]) == ("minilm", "minilm", 6)
    for one in (first, second):
        assert one["provenance"]["checkpoint"] == {"name": one["model"], "revision": one["checkpoint"]}
    assert 'data-opens="view=compare"' in path.read_text(encoding="utf-8")


def test_probes_are_those_of_the_corpus_asked_for(view, store):
    given = (f"text={PLAIN}", f"runs=[{store}]", "parts=[]")
    for asked in ((), ("data=grammar",), ("probes=grammar",), ("probes=[ewt,grammar]",)):
        [header] = headers(written(view(*given, *asked)))
        assert {probe["data"] for probe in header["probes"]} == {"grammar"}, asked
    done = view(*given, "probes=ewt")
    [header] = headers(written(done))
    assert header["probes"] == []
    assert "pos: no probes trained on ewt were found; there are some trained on grammar" in done.out
    assert any("type probes=grammar" in note for note in header["notes"])


def test_a_pair_of_hostile_texts_comes_through_untouched(view):
    first, second = "</script><script>alert(1)</script>, it's ${oc.env:HOME} \\${x}", 'a=b, {c: [d]} "e"'
    [header] = headers(written(view(f"text={first}", f"text_b={second}", "parts=[norm]")))
    assert (header["text"], header["text_b"]) == (first, second)
    assert set(header["segment"]) == {0, 1}


def test_a_file_becomes_one_page_and_what_is_left_out_is_said(view, tmp_path):
    (tmp_path / "texts.txt").write_text("\ufeffThe cat.\n\n  \nIs it?\tIt is.\r\nNo more.\n", encoding="utf-8")
    done = view(f"file={tmp_path / 'texts.txt'}", "most=2", "parts=[norm]")
    path = written(done)
    assert path.name.startswith("texts-")
    assert [(h["text"], h["text_b"]) for h in headers(path)] == [("The cat.", None), ("Is it?", "It is.")]
    assert "1 of 3 texts are left out; type most=3" in done.out
    assert "missing: flow of 2 inputs: " in done.out


def test_a_stored_sentence_needs_no_model(store, here, no_model, tmp_path):
    given = [f"out={tmp_path / 'page.html'}", f"runs={store / 'view'}"]
    done = here(*given, "sentence=[test-0001,test-0003]", program="view")
    path = written(done)
    assert "attention of 2 inputs: from " in done.out and "-attention-" in done.out
    assert "probes: pos (" in done.out and "missing: norm of 2 inputs" in done.out
    first, second = headers(path)
    assert first["corpus"] == {"name": "grammar", "split": "test", "id": "test-0001"}
    assert first["gold"].keys() == {"upos", "heads", "deprel"}
    assert second["corpus"]["id"] == "test-0003"
    [probe] = first["probes"]
    assert probe["gold"] == first["gold"]["upos"]
    # what would be loaded for any other
    for other in (["sentence=test-0001", "load=true"], ["sentence=train-0001"], ["text=a"]):
        refused = here(*given, *other, program="view")
        assert (refused.code, refused.err) == (1, "error: weights were to be loaded\n")


def test_what_the_store_has_is_what_the_model_gives(store, here, tmp_path):
    from probing.view.pack import unpack

    pages = []
    for number, load in enumerate(("false", "true")):
        given = [f"out={tmp_path / f'{number}.html'}", f"load={load}", "parts=[flow]"]
        path = written(here(*given, "sentence=test-0002", program="view"))
        text = path.read_text(encoding="utf-8")
        arrays = dict(re.findall(r'data-array="0/([^"]+)">([^<]*)<', text))
        [header] = headers(path)
        pages.append((header, {name: unpack(header, arrays, name) for name in header["arrays"]}))
    (stored, kept), (loaded, found) = pages
    same = ("text", "tokens", "special", "word", "forms", "gold", "corpus", "causal", "checkpoint", "n_heads")
    assert {name: stored[name] for name in same} == {name: loaded[name] for name in same}
    assert kept.keys() == found.keys()
    assert max(abs(kept[name] - found[name]).max() for name in kept) < 2e-3


def test_a_damaged_store_is_named_and_the_model_asked(here, view, store, tmp_path):
    [maps] = (store.parent / "store").glob("*-attention-*.h5")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / maps.name).write_bytes(maps.read_bytes()[:5000])
    done = view("sentence=test-0001", "parts=[norm]")
    assert headers(written(done))[0]["missing"].keys() == {"flow", "neurons"}
    assert "is damaged or foreign" in done.out and "from the model" in done.out


@pytest.mark.parametrize(
    "given, code, words",
    [
        ([], 2, ["no input is given", "text=", "file=", "sentence="]),
        (["text=a", "sentence=b"], 2, ["text=…, sentence=… are given"]),
        (["text=a", "file=b"], 2, ["text=…, file=… are given"]),
        (["text_b=a", "sentence=b"], 2, ["text_b=…", "text=…"]),
        (["text= "], 2, ["text=' '", "it is empty"]),
        (["text=a", "text_b="], 2, ["text_b=''"]),
        (["sentence=test-9999"], 2, ["sentence=test-9999", "has this id", "test-0"]),
        (["text=a", "bits=12"], 2, ["bits=12", "auto, 8, 16"]),
        (["text=a", "bits=[8]"], 2, ["bits=[8]", "auto, 8, 16"]),
        (["text=a", "parts=[norm,flo]"], 2, ["parts=flo", "norm, flow, neurons"]),
        (["text=a", "most=0"], 2, ["most=0"]),
        (["text=a", "layers=[0]"], 2, ["layers: 0", "count from 1"]),
        (["text=a", "layers=six"], 2, ["layers: six"]),
        (["text=a", "beside=./nowhere"], 1, ["model=./nowhere", "no such folder"]),
        (["text=a", "device=tpu"], 2, ["device=tpu"]),
        (["text=a", "rollout.fusion=sum"], 2, ["rollout.fusion=sum", "mean"]),
        (["text=a", "prts=auto"], 2, ["prts", "valid under the top level", "parts"]),
        (["text=a", "+model.x=1"], 2, ["model.x", "no such option"]),
        (["sentence=[]"], 2, ["no input is given"]),
        (["text_b=b"], 2, ["text=…"]),
        (["file=nowhere.txt"], 1, ["nowhere.txt", "cannot be read"]),
    ],
)
def test_bad_input_is_refused_before_a_model_is_loaded(given, code, words, view, refused, no_model, tmp_path):
    message = refused(view(*given), code)
    assert [word for word in words if word not in message] == []
    assert list(tmp_path.rglob("*.html")) == []


@pytest.mark.parametrize(
    "content, words",
    [
        (b"a\n\xe9t\xe9\n", [":2", "0xe9 is not UTF-8"]),
        (b"a\nb\tc\td\n", [":2", "2 tabs", "separated by one tab"]),
        (b"a\t \n", [":1", "on one side of the tab only"]),
        (b"\n \n", ["has no text"]),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(content, words, view, refused, no_model, tmp_path):
    (tmp_path / "texts.txt").write_bytes(content)
    message = refused(view(f"file={tmp_path / 'texts.txt'}"), 1)
    assert [word for word in ("texts.txt", *words) if word not in message] == []


def test_nothing_but_a_page_of_ours_is_written_over(view, refused, no_model, tmp_path):
    (tmp_path / "thesis.html").write_text("<p>years of work</p>")
    assert "is not a page of this viewer" in refused(view("text=a", f"out={tmp_path / 'thesis.html'}"), 2)
    assert (tmp_path / "thesis.html").read_text() == "<p>years of work</p>"
    assert f"type out={tmp_path / 'view.html'}" in refused(view("text=a", f"out={tmp_path}"), 2)


def test_other_texts_get_other_files(tmp_path):
    texts = ["A cat.", "a cat", "A cat", "a-cat", "A cat!", "猫", "犬", "x" * 300, "x" * 301, "../../etc/passwd"]
    given = [Settings(text=text, outputs=str(tmp_path)) for text in texts]
    given += [Settings(text="a", text_b="cat", outputs=str(tmp_path)), Settings(sentence="s/1", outputs=str(tmp_path))]
    paths = [target(settings, "minilm") for settings in given]
    assert len(set(paths)) == len(paths)
    assert {path.parent for path in paths} == {tmp_path / "views/minilm"}
    assert paths[-1].name.startswith("s-1-") and paths[3].name == "a-cat.html"
    files = [Settings(file=str(tmp_path / folder / "a.txt"), outputs=str(tmp_path)) for folder in ("one", "two")]
    assert len({target(settings, "minilm") for settings in files}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Hello, world!",
        'it\'s "so"',
        "a\\",
        "\\\\'",
        "${5",
        "${a}",
        "\\${a}",
        "a\nb",
        "{a: b}",
        "[1]",
        "",
        "null",
        "7",
        "???",
        "猫\t",
    ],
)
@pytest.mark.parametrize("program", PROGRAMS)
def test_running_text_reaches_the_program_as_it_was_typed(text, program):
    assert options_of(program, verbatim(f"text={text}")).text == text


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("given", ["7", "true", "[a,b]", "{a: b}"])
def test_what_is_no_text_is_refused(given, program):
    with pytest.raises(ConfigError, match='^text=.*: a text is expected; type text="'):
        options_of(program, f"++text={given}")


@pytest.mark.parametrize("program, cls", PROGRAMS.items())
def test_no_text_is_the_default_and_no_runs_are_none(program, cls):
    assert options_of(program, "++text=null").text == cls().text
    assert options_of(program, "runs=null").runs == []
    assert options_of(program, "runs=a").runs == ["a"]


def test_a_page_names_no_folder_and_the_terminal_does(view, tmp_path):
    (tmp_path / "My texts.txt").write_text("The cat.\nIt is.\n", encoding="utf-8")
    done = view(f"file='{tmp_path / 'My texts.txt'}'", "most=1", "parts=[norm]")
    [header] = headers(written(done))
    assert "…/My texts.txt: 1 of 2 texts are left out; type most=2" in header["notes"]
    assert f"note: {tmp_path / 'My texts.txt'}: 1 of 2 texts are left out" in done.out


def test_what_is_quoted_already_and_other_options_are_left_alone():
    for argument in ('text="Hello, world"', "text_b='a, b'", "data.text=0", "--text=a", "sentence=[a,b]"):
        assert verbatim(argument) == argument
    assert verbatim('text="a" or "b"') == r'text="\"a\" or \"b\""'


@pytest.mark.parametrize(("name", "expected"), [("residual", Rollout()), ("raw", Rollout(residual_weight=0))])
def test_every_option_of_rollout_builds_and_lists_what_can_be_set(name, expected):
    listed = option("rollout", name)
    assert checked(Rollout, listed, "rollout") == expected
    assert set(listed) - {"_target_"} == set(vars(expected))
    assert options("rollout") == ["raw", "residual"]


def test_help_fits_a_screen(there):
    done = there("--help", program="view")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert len(lines) <= 40
    for group in ("data", "model", "store", "rollout"):
        [line] = [line for line in lines if line.startswith(f"  {group}=")]
        assert line.split("=")[1].strip() == ", ".join(options(group))
    assert sum(line.startswith("  python -m pipelines.view ") for line in lines) == 5


def test_impossible_values_name_the_option():
    with pytest.raises(ConfigError, match="threads=0"):
        Settings(threads=0)
