# SPDX-License-Identifier: Apache-2.0
"""Users' own TAs: what their folders may look like, and what is said of one that cannot be built."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from ta_support import TAS

from conftest import Outcome
from worldgate.errors import WorldgateError
from worldgate.ta import source, submk

CLIENT = TAS / "multi" / "host" / "main.c"
RUN = Callable[..., Outcome]

BROKEN_TA = """
#include <stdlib.h>
#include <tee_internal_api.h>
#include "multi_ta.h"

TEE_Result TA_CreateEntryPoint(void) { return TEE_SUCCESS; }
void TA_DestroyEntryPoint(void) {}
TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **session)
{
	(void)types; (void)params; (void)session;
	return TEE_SUCCESS;
}
void TA_CloseSessionEntryPoint(void *session) { (void)session; }
TEE_Result TA_InvokeCommandEntryPoint(void *session, uint32_t command, uint32_t types, TEE_Param params[4])
{
	uint8_t *block;
	volatile uint8_t seen = 0;

	(void)session;
	if (command > 64 || TEE_PARAM_TYPE_GET(types, 0) != TEE_PARAM_TYPE_VALUE_@KIND@)
		return TEE_ERROR_BAD_PARAMETERS;
	block = @MALLOC@;
	if (!block)
		return TEE_ERROR_OUT_OF_MEMORY;
	@DO@
	(void)seen;
	return TEE_SUCCESS;
}
"""


@pytest.fixture
def ta(tmp_path: Path) -> Path:
    """A copy of a TA with its client, to be changed."""
    shutil.copytree(TAS / "multi", tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture(autouse=True)
def quiet_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDGATE_TA_LOG", "off")


def write_broken(ta: Path, malloc: str, do: str, kind: str = "OUTPUT") -> None:
    """Makes it a TA with a fault in command 0 to 64."""
    text = BROKEN_TA.replace("@MALLOC@", malloc).replace("@DO@", do).replace("@KIND@", kind)
    (ta / "ta" / "multi_ta.c").write_text(text)


def test_the_folder_may_be_the_ta_or_the_one_above(run: RUN) -> None:
    above = run("ta", "run", str(TAS / "multi"), "--world", "normal")
    itself = run("ta", "run", str(TAS / "multi" / "ta"), "--world", "normal")
    assert above.status == itself.status == 0
    assert above.out == itself.out == (TAS / "multi" / "answers.txt").read_text()


def test_sub_mk_is_read_as_the_dev_kit_reads_it(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "sub.mk").write_text(
        "CFG_X ?= y\nsrcs-y += a.c\nsrcs-$(CFG_X) += b.c\nsrcs-$(CFG_Z) += z.c\n"
        "cflags-b.c-y += -DTEXT='\"two words\"'\nglobal-incdirs-y += include\nsubdirs-y += deep\n"
        "cppflags-y += -DTOP\ncflags-remove-y += -Wall\nsrcs_ext-y += e.c\nsrcs_ext_base-y += ..\n"
    )
    (tmp_path / "deep" / "sub.mk").write_text("srcs-y += c.c\nincdirs-y += own\nsubdirs-y += er\n")
    (tmp_path / "deep" / "er" / "sub.mk").write_text("srcs-y += $(sub-dir).c\n")
    facts = submk.evaluate(tmp_path)
    found = {made.path.removeprefix("./"): made for made in facts.sources}
    assert list(found) == ["a.c", "b.c", "../e.c", "deep/c.c", "deep/er/./deep/er.c"]
    assert found["b.c"].cflags == ['-DTEXT="two words"']
    assert found["a.c"].cppflags == ["-DTOP"] and found["deep/c.c"].cppflags == []
    assert found["a.c"].remove == ["-Wall"]
    assert [os.path.normpath(path) for path in found["deep/c.c"].incdirs] == ["deep/own"]
    assert [os.path.normpath(path) for path in facts.incdirs] == ["include"]
    assert facts.configuration == {"CFG_X": "y"}


def test_the_settings_of_the_makefile_reach_the_sources(tmp_path: Path) -> None:
    (tmp_path / "sub.mk").write_text("srcs-$(CFG_EXTRA) += extra.c\n")
    (tmp_path / "Makefile").write_text(
        "CFG_EXTRA = y\nCFG_TEE_TA_LOG_LEVEL ?= 4\nBINARY = some-uuid\nCPPFLAGS += -DMORE\n"
        "include $(TA_DEV_KIT_DIR)/mk/ta_dev_kit.mk\n"
    )
    facts = submk.evaluate(tmp_path)
    assert [made.path for made in facts.sources] == ["./extra.c"]
    assert (facts.binary, facts.log_level, facts.cppflags) == ("some-uuid", "4", ["-DMORE"])


def test_a_makefile_that_is_not_the_dev_kits_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "sub.mk").write_text("srcs-y += a.c\n")
    (tmp_path / "Makefile").write_text("all:\n\tfalse\n")
    assert [made.path for made in submk.evaluate(tmp_path).sources] == ["./a.c"]


def test_a_source_list_is_enough(ta: Path) -> None:
    (ta / "ta" / "unused.c").write_text("#error not in the list\n")
    (ta / "ta" / "sources.txt").write_text("# a comment\nmulti_ta.c  # the only one\n\n")
    assert [made.path.name for made in source.read(ta).files] == ["multi_ta.c"]


def remove_header(ta: Path) -> None:
    (ta / "ta" / "user_ta_header_defines.h").unlink()
    (ta / "ta" / "sub.mk").write_text("srcs-y += multi_ta.c\n")


def edit_header(old: str, new: str) -> Callable[[Path], None]:
    def edit(ta: Path) -> None:
        header = ta / "ta" / "user_ta_header_defines.h"
        text = header.read_text()
        assert old in text
        header.write_text(text.replace(old, new))

    return edit


def sub_mk(text: str) -> Callable[[Path], None]:
    def write(ta: Path) -> None:
        (ta / "ta" / "sub.mk").write_text(text)

    return write


def remove_sources(ta: Path) -> None:
    (ta / "ta" / "multi_ta.c").unlink()


def other_binary(ta: Path) -> None:
    sub_mk("srcs-y += multi_ta.c\n")(ta)
    (ta / "ta" / "Makefile").write_text(
        "BINARY = 11111111-2222-3333-4444-555555555555\n-include $(TA_DEV_KIT_DIR)/mk/ta_dev_kit.mk\n"
    )


WRONG: list[tuple[str, Callable[[Path], object], str]] = [
    ("no_header", remove_header, "user_ta_header_defines.h is missing"),
    ("no_uuid", edit_header("#define TA_UUID", "#define TA_NO_UUID"), "TA_UUID is not defined"),
    ("no_flags", edit_header("#define TA_FLAGS", "#define TA_NO_FLAGS"), "TA_FLAGS is not defined"),
    ("no_heap_size", edit_header("#define TA_DATA_SIZE", "#define NO"), "TA_DATA_SIZE is not defined"),
    ("a_uuid_that_is_none", edit_header("MULTI_TA_UUID", "{ 1, 2, 3 }"), "TA_UUID is not"),
    ("a_header_that_does_not_compile", edit_header("#endif", "#error no"), "error"),
    ("another_uuid_in_the_makefile", other_binary, "11111111-2222-3333-4444-555555555555"),
    ("no_sources", remove_sources, "no sources"),
    ("a_missing_source", sub_mk("srcs-y += nowhere.c\n"), "nowhere.c: no such source file"),
    ("a_c_plus_plus_source", sub_mk("srcs-y += a.cpp\n"), "only C and assembly"),
    ("a_library", sub_mk("srcs-y += multi_ta.c\nlibnames += foo\n"), "links the library foo"),
    ("a_generated_source", sub_mk("gensrcs-y += made\n"), "generates made"),
    ("a_missing_folder", sub_mk("subdirs-y += gone\n"), "gone/sub.mk"),
    ("a_broken_makefile", sub_mk("what is this\n"), "sub.mk: make cannot read it"),
    ("an_open_quote", sub_mk("srcs-y += multi_ta.c\ncflags-y += -DX='\n"), "cannot read the flags"),
    ("no_client", lambda ta: shutil.rmtree(ta / "host"), "no client application"),
]


@pytest.mark.parametrize(("spoil", "words"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_is_wrong_with_a_ta_is_said_in_one_line(
    ta: Path, run: RUN, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(ta)
    outcome = run("ta", "run", str(ta))
    assert outcome.refused_in_one_line
    assert words in outcome.err


@pytest.mark.parametrize(
    "words",
    [
        ["run", "/nowhere"],
        ["run", str(TAS / "multi"), "--world", "nowhere"],
        ["run", str(TAS / "multi"), "--sanitize", "--world", "compartment"],
        ["run", str(TAS / "multi"), "--wrapper", "no-such-program-here"],
        ["run", str(TAS / "multi"), "--wrapper", "'open"],
        ["run", str(TAS / "multi"), "--client", "/nowhere.c"],
        ["run", str(TAS / "multi"), "--nothing"],
        ["fuzz", str(TAS / "multi"), "--replay", "/nowhere"],
        ["fuzz", str(TAS / "multi"), "--findings", "/nowhere"],
        ["fuzz", str(TAS / "multi"), "--seconds", "0"],
        ["fuzz", str(TAS / "multi"), "--cases", "few"],
        ["fuzz", str(TAS / "multi"), "--cases", "0"],
        ["build", str(TAS / "foreign"), "--dev-kit", "/nowhere"],
        ["build", str(TAS / "foreign"), "--dev-kit", str(TAS)],
        ["build", str(TAS / "foreign")],
        [],
    ],
    ids=" ".join,
)
def test_a_wrong_word_is_refused_in_one_line(run: RUN, words: list[str]) -> None:
    assert run("ta", *words).refused_in_one_line


def test_compile_errors_are_shown_as_the_compiler_prints_them(ta: Path, run: RUN) -> None:
    code = ta / "ta" / "multi_ta.c"
    code.write_text(code.read_text() + "int x = not_declared;\n")
    outcome = run("ta", "run", str(ta))
    assert outcome.status == 2
    assert "error:" in outcome.err and "not_declared" in outcome.err
    assert outcome.err.splitlines()[-1].startswith("worldgate: ") and "does not compile" in outcome.err


def test_a_function_that_no_tee_has_is_a_compile_error(ta: Path, run: RUN) -> None:
    code = ta / "ta" / "multi_ta.c"
    code.write_text(code.read_text().replace("(void)params;", "(void)params; TEE_MadeUp();"))
    outcome = run("ta", "run", str(ta))
    assert outcome.status == 2
    assert "TEE_MadeUp" in outcome.err


def test_names_of_a_ta_do_not_clash_with_the_clients_or_ours(ta: Path, run: RUN) -> None:
    code = ta / "ta" / "multi_ta.c"
    clashes = "int main(void);\nint main(void)\n{\n\treturn 7;\n}\nint wg_ta_find;\nint open_session;\n"
    code.write_text(code.read_text() + clashes)
    for world in ("normal", "compartment"):
        assert run("ta", "run", str(ta), "--world", world).out == (TAS / "multi" / "answers.txt").read_text()


def test_the_clients_arguments_and_exit_status_pass_through(ta: Path, run: RUN) -> None:
    (ta / "host" / "main.c").write_text(
        "#include <stdio.h>\n"
        "int main(int argc, char **argv)\n"
        '{ for (int i = 1; i < argc; i++) printf("<%s>", argv[i]); return 40 + argc; }\n'
    )
    outcome = run("ta", "run", str(ta), "--world", "normal", "--", "--help", "a b", "--")
    assert (outcome.status, outcome.out) == (44, "<--help><a b><-->")


def test_a_wrapper_runs_the_client(run: RUN) -> None:
    outcome = run(
        "ta", "run", str(TAS / "multi"), "--world", "normal", "--wrapper", "env TA=1 sh -c 'echo $0'"
    )
    assert outcome.status == 0
    assert outcome.out.strip().endswith(".client")


def test_the_ledger_is_shown_on_request(run: RUN) -> None:
    outcome = run("ta", "run", str(TAS / "multi"), "--ledger")
    assert outcome.out == (TAS / "multi" / "answers.txt").read_text()
    rows = {line.split()[0]: line.split()[1:] for line in outcome.err.splitlines()}
    assert rows["crossings"][0] == "13"


def test_the_ledger_is_left_as_json_where_a_file_is_named(
    tmp_path: Path, run: RUN, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLDGATE_LEDGER", str(tmp_path / "ledger.json"))
    assert run("ta", "run", str(TAS / "multi"), "--world", "normal", "--ledger").status == 0
    assert json.loads((tmp_path / "ledger.json").read_text())["own"]["crossings"] == 13


def test_a_missing_compiler_is_named(run: RUN, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    outcome = run("ta", "run", str(TAS / "multi"))
    assert outcome.refused_in_one_line
    assert "no-such-compiler" in outcome.err


def test_a_client_that_a_signal_ended_has_the_exit_status_of_a_shell(ta: Path, run: RUN) -> None:
    (ta / "host" / "main.c").write_text("#include <stdlib.h>\nint main(void) { abort(); }\n")
    assert run("ta", "run", str(ta), "--world", "normal").status == 128 + signal.SIGABRT


def test_nothing_is_built_twice(ta: Path, tmp_path: Path, run: RUN, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run("ta", "run", str(ta)).status == 0
    made = {path: path.stat().st_ino for path in (tmp_path / "cache").rglob("*.*")}
    assert run("ta", "run", str(ta)).status == 0
    assert {path: path.stat().st_ino for path in (tmp_path / "cache").rglob("*.*")} == made
    header = ta / "ta" / "multi_ta.h"
    header.write_text(header.read_text().replace("MULTI_COUNT 0", "MULTI_COUNT 5"))
    assert run("ta", "run", str(ta)).out == (TAS / "multi" / "answers.txt").read_text()
    assert len(list((tmp_path / "cache").rglob("*.*"))) > len(made)


def test_what_was_built_can_be_kept(ta: Path, tmp_path: Path, run: RUN) -> None:
    assert run("ta", "run", str(ta), "--keep", str(tmp_path / "kept")).status == 0
    assert os.access(tmp_path / "kept" / "client-sealed", os.X_OK)
    assert os.access(tmp_path / "kept" / "world", os.X_OK)


@pytest.mark.parametrize(
    ("malloc", "do"),
    [
        ("TEE_Malloc(10, 0)", "block[10 + command] = 1; TEE_Free(block);"),
        ("malloc(10)", "block[-1 - (int)command] = 1; free(block);"),
        ("TEE_Malloc(10, 0)", "TEE_Free(block); seen = block[3];"),
        ("TEE_Malloc(10, 0)", "TEE_Free(block); TEE_Free(block);"),
        ("TEE_Malloc(10, 0)", "block = TEE_Realloc(block, 3); seen = block[3 + command]; TEE_Free(block);"),
    ],
    ids=["beyond_its_end", "before_its_start", "after_it_was_freed", "freed_twice", "after_it_shrank"],
)
def test_the_sanitizer_sees_a_block_used(ta: Path, run: RUN, malloc: str, do: str) -> None:
    write_broken(ta, malloc, do)
    outcome = run("ta", "run", str(ta), "--sanitize")
    assert outcome.status not in (0, 2)
    assert "AddressSanitizer" in outcome.err and "multi_ta.c" in outcome.err


def test_a_ta_without_a_fault_is_left_alone_by_the_sanitizers(run: RUN) -> None:
    outcome = run("ta", "run", str(TAS / "foreign"), "--sanitize")
    assert outcome.status == 0, outcome.err
    assert outcome.out == (TAS / "foreign" / "answers.txt").read_text()


def test_the_fuzzer_finds_a_fault_and_replays_it(
    ta: Path, tmp_path: Path, run: RUN, generator_seed: int
) -> None:
    write_broken(
        ta, "TEE_Malloc(10, 0)", "block[params[0].value.a == 4097 ? 10 : 0] = 1; TEE_Free(block);", "INPUT"
    )
    words = ["ta", "fuzz", str(ta), "--findings", str(tmp_path)]
    outcome = run(*words, "--cases", "2000000", "--seconds", "100", "--seed", str(generator_seed))
    assert outcome.status == 1, outcome.out
    assert "AddressSanitizer" in outcome.err
    assert f"seed {generator_seed}, case " in outcome.err
    [case] = tmp_path.glob("fuzz-*.case")
    replayed = run(*words, "--replay", str(case))
    assert replayed.status == 1
    assert "AddressSanitizer" in replayed.err


def test_the_fuzzer_reports_a_panic_and_goes_on(tmp_path: Path, run: RUN, generator_seed: int) -> None:
    words = ["ta", "fuzz", str(TAS / "multi"), "--findings", str(tmp_path)]
    outcome = run(*words, "--cases", "3000", "--seed", str(generator_seed))
    assert outcome.status == 1
    assert "a panic in command 1" in outcome.err
    assert f"seed {generator_seed}: 3000 cases" in outcome.out


def test_the_fuzzer_finds_nothing_where_nothing_is(tmp_path: Path, run: RUN, generator_seed: int) -> None:
    words = ["ta", "fuzz", str(TAS / "constructor"), "--findings", str(tmp_path)]
    outcome = run(*words, "--cases", "3000", "--seed", str(generator_seed))
    assert outcome.status == 0, outcome.err
    assert not list(tmp_path.glob("fuzz-*.case"))


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A small dev kit, which only writes down how it was called."""
    made = tmp_path / "build" / "export-ta_arm64"
    (made / "mk").mkdir(parents=True)
    (made / "mk" / "ta_dev_kit.mk").write_text(
        ".PHONY: all\nall:\n\t@mkdir -p $(O)\n"
        "\t@echo compiler=$(CROSS_COMPILE) kit=$(TA_DEV_KIT_DIR) > $(O)/$(BINARY).ta\n"
        "\t@touch $(O)/$(BINARY).elf $(O)/$(BINARY).stripped.elf\n"
    )
    return made


def test_build_runs_the_makefile_of_the_ta_with_the_dev_kit(kit: Path, tmp_path: Path, run: RUN) -> None:
    for folder in (kit, kit.parent):
        out = tmp_path / "out"
        words = ["--dev-kit", str(folder), "--cross-compile", "", "--out", str(out)]
        outcome = run("ta", "build", str(TAS / "foreign"), *words)
        assert outcome.status == 0, outcome.err
        name = str(out / "5f0e1a7c-93b2-4c1d-a46e-217b0d58c933")
        assert outcome.out.splitlines()[-2:] == [f"{name}.elf", f"{name}.ta"]
        assert Path(f"{name}.ta").read_text() == f"compiler= kit={kit}\n"


def test_build_says_what_is_missing(kit: Path, run: RUN) -> None:
    words = ["--dev-kit", str(kit), "--cross-compile", "no-such-machine-"]
    no_compiler = run("ta", "build", str(TAS / "foreign"), *words)
    assert no_compiler.refused_in_one_line and "no-such-machine-gcc" in no_compiler.err
    no_makefile = run("ta", "build", str(TAS / "multi"), *words)
    assert no_makefile.refused_in_one_line and "no Makefile" in no_makefile.err


def test_build_shows_what_make_says(kit: Path, tmp_path: Path, run: RUN) -> None:
    (kit / "mk" / "ta_dev_kit.mk").write_text("all:\n\t@echo the board is on fire >&2; false\n")
    words = ["--dev-kit", str(kit), "--cross-compile", "", "--out", str(tmp_path)]
    outcome = run("ta", "build", str(TAS / "foreign"), *words)
    assert outcome.status == 2
    assert "the board is on fire" in outcome.err
    assert outcome.err.splitlines()[-1].startswith("worldgate: ")


def test_a_ta_without_a_folder_is_an_error_of_the_api_too() -> None:
    with pytest.raises(WorldgateError, match="no such folder"):
        source.read(Path("/nowhere"))


@pytest.fixture
def generator_seed() -> int:
    """The seed of the run, which the report's header shows."""
    return int(os.environ["WG_TEST_SEED"])
