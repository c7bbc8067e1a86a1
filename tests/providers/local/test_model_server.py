from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from byok_widgets import LocalModelError
from byok_widgets.providers.local import llama_server, model_server, system_info
from byok_widgets.providers.local.model_server import LocalServer, serve, stop
from tests.fake_keys import fake_key
from tests.local_model import require_model
from tests.widgets.wire import eventually

PROMPT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Tell me a long story."}]


@pytest.fixture(scope="module")
def smollm2() -> Path:
    return require_model()


@pytest.fixture
def server(smollm2: Path) -> Iterator[LocalServer]:
    started = serve(smollm2, alias="smollm2-135m", threads=1)
    yield started
    assert stop(started, timeout_s=20)


def ask(server: LocalServer, key: str | None = None, **body: object) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {server.key.reveal() if key is None else key}"}
    with server.hold():
        return httpx2.post(
            f"{server.base_url}/chat/completions",
            headers=headers,
            json=_body(**body),
            timeout=120,
            trust_env=False,
        )


def _body(**changes: object) -> dict[str, object]:
    return {"model": "any", "messages": PROMPT, "max_tokens": 8, "temperature": 0, "seed": 1, **changes}


def first_pieces(server: LocalServer, count: int) -> int:
    """Read some pieces of a long streamed answer, then close it; return how many came."""
    headers = {"Authorization": f"Bearer {server.key.reveal()}"}
    url, body = f"{server.base_url}/chat/completions", _body(stream=True, max_tokens=3000, ignore_eos=True)
    got = 0
    with httpx2.stream("POST", url, headers=headers, json=body, timeout=120, trust_env=False) as response:
        for line in response.iter_lines():
            got += line.startswith("data: {")
            if got >= count:
                break
    return got


@pytest.mark.model
def test_answers_with_its_key_and_only_with_it(server: LocalServer) -> None:
    assert server.base_url.startswith("http://127.0.0.1:")
    answer = ask(server)
    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["content"]
    assert ask(server, key=fake_key("local")).status_code == 401
    assert httpx2.post(f"{server.base_url}/chat/completions", json=_body(), trust_env=False).status_code == 401


@pytest.mark.model
def test_gives_away_neither_its_key_nor_the_path(server: LocalServer, smollm2: Path) -> None:
    assert server.key.reveal() not in repr(server) + repr(vars(server))
    assert str(smollm2.parent) not in repr(server) + ask(server).text


@pytest.mark.model
def test_no_web_page_may_read_its_answers_or_its_prompts(server: LocalServer) -> None:
    headers = {"Authorization": f"Bearer {server.key.reveal()}", "Origin": "https://elsewhere.example"}
    root = server.base_url.removesuffix("/v1")
    models = httpx2.get(f"{root}/v1/models", headers=headers, trust_env=False)
    assert models.headers.get("access-control-allow-origin", "") == ""
    assert "access-control-allow-credentials" not in models.headers
    assert [model["id"] for model in models.json()["data"]] == ["smollm2-135m"]
    assert httpx2.get(root, trust_env=False).status_code == 404
    assert httpx2.get(f"{root}/slots", headers=headers, trust_env=False).status_code == 501


@pytest.mark.slow
@pytest.mark.model
def test_a_dialogue_answers_alike_whatever_went_before(server: LocalServer) -> None:
    def answer(messages: list[dict[str, str]]) -> dict[str, str]:
        return ask(server, messages=messages, max_tokens=40).json()["choices"][0]["message"]

    for topic in ("a dog", "the sea"):
        opening = [PROMPT[0], {"role": "user", "content": f"Tell me a story about {topic}."}]
        dialogue = [*opening, answer(opening), {"role": "user", "content": "And how does it end?"}]
        straight_on = answer(dialogue)
        answer([{"role": "user", "content": "Something else."}])
        assert answer(dialogue) == straight_on


@pytest.mark.model
def test_one_server_for_all_who_ask_for_the_file(smollm2: Path, server: LocalServer) -> None:
    got: list[LocalServer] = []
    threads = [threading.Thread(target=lambda: got.append(serve(smollm2, alias="other"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [server] * 4
    assert [ask(server).status_code for _ in range(2)] == [200, 200]


@pytest.mark.model
def test_a_stream_that_is_closed_frees_the_server(server: LocalServer) -> None:
    with server.hold():
        assert first_pieces(server, 3) == 3
    begun = time.monotonic()
    assert ask(server).status_code == 200
    assert time.monotonic() - begun < 60, "the rest of the story would take longer"


@pytest.mark.model
def test_stopping_waits_for_the_stream_and_never_hangs(smollm2: Path) -> None:
    server = serve(smollm2, alias="smollm2-135m", threads=1)
    reading, done = threading.Event(), threading.Event()

    def hold_on() -> None:
        with server.hold():
            first_pieces(server, 2)
            reading.set()
            done.wait(30)

    holder = threading.Thread(target=hold_on)
    holder.start()
    assert reading.wait(60)
    begun = time.monotonic()
    assert stop(server, timeout_s=0.5) is False
    assert time.monotonic() - begun < 20
    assert not server.running
    with pytest.raises(LocalModelError) as caught, server.hold():
        pass
    assert caught.value.kind == "local_server_stopped"
    assert caught.value.retryable
    done.set()
    holder.join()
    assert stop(server, timeout_s=20)
    assert stop(server)


@pytest.mark.model
def test_a_request_that_nobody_held_is_waited_for_too(smollm2: Path) -> None:
    server = serve(smollm2, alias="smollm2-135m", threads=1)
    headers = {"Authorization": f"Bearer {server.key.reveal()}"}
    url, body = f"{server.base_url}/chat/completions", _body(stream=True, max_tokens=3000, ignore_eos=True)
    with httpx2.stream("POST", url, headers=headers, json=body, timeout=120, trust_env=False) as response:
        lines = response.iter_lines()
        next(lines)
        assert stop(server, timeout_s=0.3) is False
    assert stop(server, timeout_s=20)


@pytest.mark.model
def test_after_a_stop_it_starts_again(smollm2: Path) -> None:
    first = serve(smollm2, alias="smollm2-135m", threads=1)
    assert stop(first, timeout_s=20)
    assert not first.running
    second = serve(smollm2, alias="smollm2-135m", threads=1)
    assert second is not first
    assert second.key != first.key
    assert ask(second).status_code == 200
    assert stop(second, timeout_s=20)


@pytest.mark.model
def test_an_idle_server_is_unloaded_but_not_one_in_use(smollm2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_server, "WATCH_S", 0.05)
    monkeypatch.setattr(model_server, "_watcher", None)
    server = serve(smollm2, alias="smollm2-135m", threads=1)
    with server.hold():
        monkeypatch.setattr(model_server, "IDLE_UNLOAD_S", 0.3)
        time.sleep(1)
        assert server.running
    eventually(lambda: not server.running)
    assert stop(server, timeout_s=20)


@pytest.mark.model
def test_short_memory_unloads_what_is_idle_and_then_refuses(
    smollm2: Path, server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.gguf"
    other.symlink_to(smollm2)
    monkeypatch.setattr(system_info, "free_memory_bytes", lambda: 1 << 20)
    with server.hold():
        with pytest.raises(LocalModelError) as caught:
            serve(other, alias="other")
        assert caught.value.kind == "local_model_memory"
        assert server.running
    with pytest.raises(LocalModelError):
        serve(other, alias="other")
    assert not server.running


@pytest.mark.model
@pytest.mark.parametrize("kept", [4, 3_000_000, 98_362_332])
def test_a_cut_file_is_refused_with_a_reason(kept: int, smollm2: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    with smollm2.open("rb") as file:
        cut.write_bytes(file.read(kept))
    with pytest.raises(LocalModelError) as caught:
        serve(cut, alias="cut")
    assert caught.value.kind in ("local_model_file", "local_model_not_gguf")
    assert "cut.gguf" in caught.value.problem
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("not a model")
    for name, kind in (("notes.gguf", "local_model_not_gguf"), ("gone.gguf", "local_model_file_missing")):
        with pytest.raises(LocalModelError) as caught:
            serve(tmp_path / name, alias="x")
        assert (caught.value.kind, name in caught.value.problem) == (kind, True)


def test_without_xllamacpp_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    with pytest.raises(LocalModelError) as caught:
        serve(tmp_path / "a.gguf", alias="x")
    assert caught.value.kind == "local_server_missing"
    assert 'pip install "byok-widgets[lab]"' in caught.value.fix
    assert caught.value.__context__ is None


def test_without_a_library_of_the_system_it_says_which_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library, fix in (("libgomp.so.1", "libgomp1"), ("libodd-1.so", "byok-widgets[lab]")):
        package = tmp_path / library / "xllamacpp"
        package.mkdir(parents=True)
        message = f"{library}: cannot open shared object file: No such file or directory"
        (package / "__init__.py").write_text(f"raise ImportError({message!r})")
        monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
        monkeypatch.syspath_prepend(package.parent)
        (tmp_path / "a.gguf").write_bytes(b"GGUF")
        with pytest.raises(LocalModelError) as caught:
            serve(tmp_path / "a.gguf", alias="x")
        assert caught.value.kind == "local_server_unsupported"
        assert library in caught.value.cause
        assert fix in caught.value.fix
        assert caught.value.__context__ is None


def test_without_avx2_the_kernel_does_not_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_info, "lacks_avx2", lambda: True)
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    with pytest.raises(LocalModelError) as caught:
        serve(tmp_path / "a.gguf", alias="x")
    assert caught.value.kind == "local_processor_unsupported"


@pytest.mark.parametrize(
    ("cores", "variable", "asked", "threads"),
    [
        (8, "", None, 7),
        (1, "", None, 1),
        (8, "3", None, 3),
        (8, "3", 2, 2),
    ],
)
def test_threads(
    cores: int, variable: str, asked: int | None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_info, "usable_cores", lambda: cores)
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_THREADS", variable)
    assert llama_server.thread_count(asked) == threads


@pytest.mark.parametrize("text", ["0", "-1", "all", "1.5"])
def test_threads_that_are_no_number(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_THREADS", text)
    with pytest.raises(LocalModelError, match="BYOK_WIDGETS_LOCAL_THREADS"):
        llama_server.thread_count(None)


def run_script(path: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own, in which `server` is being served."""
    prelude = (
        "import asyncio, json, os, sys, threading, time, urllib.request\n"
        "from pathlib import Path\n"
        "from byok_widgets.providers.local import model_server\n"
        "server = model_server.serve(Path(sys.argv[1]), alias='smollm2-135m', threads=1)\n"
        "def open_request(**changes):\n"
        "    body = {'messages': [{'role': 'user', 'content': 'Tell a story.'}], 'max_tokens': 8, **changes}\n"
        "    request = urllib.request.Request(server.base_url + '/chat/completions', json.dumps(body).encode(),\n"
        "        {'Authorization': 'Bearer ' + server.key.reveal(), 'Content-Type': 'application/json'})\n"
        "    return urllib.request.urlopen(request, timeout=60)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(code), str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.model
def test_it_prints_nothing_from_start_to_end(smollm2: Path) -> None:
    done = run_script(
        smollm2,
        """
        open_request().read()
        assert model_server.stop(server, 20)
        """,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.model
def test_a_process_that_ends_without_a_stop_ends_well(smollm2: Path) -> None:
    done = run_script(smollm2, "open_request().read()")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.model
def test_a_process_that_ends_in_mid_answer_ends_well(smollm2: Path) -> None:
    done = run_script(
        smollm2,
        """
        import httpx2
        body = {'messages': [{'role': 'user', 'content': 'Tell a story.'}], 'stream': True, 'max_tokens': 3000,
                'ignore_eos': True}
        begun = threading.Event()
        async def ask():
            with server.hold():
                async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
                    headers = {'Authorization': 'Bearer ' + server.key.reveal()}
                    url = server.base_url + '/chat/completions'
                    async with client.stream('POST', url, json=body, headers=headers) as response:
                        async for line in response.aiter_lines():
                            begun.set()
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(ask(), loop)
        assert begun.wait(60)
        """,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.model
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_neither_hangs_nor_hurts_its_parent(smollm2: Path) -> None:
    done = run_script(
        smollm2,
        """
        import multiprocessing
        def child(queue):
            own = model_server.serve(Path(sys.argv[1]), alias='child', threads=1)
            queue.put((own is not server, model_server.stop(own), model_server.stop(server)))
        context = multiprocessing.get_context('fork')
        queue = context.Queue()
        process = context.Process(target=child, args=(queue,))
        process.start()
        print(queue.get(timeout=60))
        process.join(20)
        print(process.exitcode, len(open_request().read()) > 0)
        """,
    )
    assert done.stdout == "(True, False, False)\n0 True\n", done.stderr
    assert done.returncode == 0


def test_containers_are_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_info, "_CGROUP", tmp_path)
    monkeypatch.setattr(system_info, "_PROC", tmp_path)
    assert system_info.free_memory_bytes() is None
    outside = system_info.usable_cores()
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    8000 kB\n")
    assert system_info.free_memory_bytes() == 8000 * 1024
    for name, text in (
        ("memory.max", "3000\n"),
        ("memory.current", "2500\n"),
        ("memory.stat", "anon 1\ninactive_file 400\n"),
        ("cpu.max", "150000 100000\n"),
    ):
        (tmp_path / name).write_text(text)
    assert system_info.free_memory_bytes() == 900
    assert system_info.usable_cores() == 1
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert system_info.free_memory_bytes() == 8000 * 1024
    assert system_info.usable_cores() == outside


def test_a_processor_without_avx2_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_info, "_PROC", tmp_path)
    monkeypatch.setattr(system_info.platform, "machine", lambda: "x86_64")
    assert not system_info.lacks_avx2()
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu sse2 avx\n")
    assert system_info.lacks_avx2()
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu sse2 avx avx2\n")
    assert not system_info.lacks_avx2()
