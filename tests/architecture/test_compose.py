"""The compose file is one that Docker takes, as far as that can be told without Docker."""

from pathlib import Path

import pytest

from tools.check_compose import problems

GOOD = """
name: baton
x-note: anything
services:
  base:
    image: postgres:17
    restart: unless-stopped
    healthcheck: {test: [CMD, "true"], interval: 2s, timeout: 1m30s, retries: 3}
  worker:
    image: baton:1
    build: .
    restart: "no"
    command: ["sh", "-c", "echo $${HOME}"]
    environment: {BATON_TASK_QUEUE: "${QUEUE:-leads}"}
    depends_on: {base: {condition: service_healthy}}
    configs: [{source: file, target: /file}]
    volumes: ["data:/data"]
    ports: ["127.0.0.1:8080:8080"]
configs: {file: {content: hello}}
volumes: {data: }
"""


def test_our_compose_file_is_right(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make check` looks at the same file."""
    monkeypatch.chdir(root)
    assert [] == problems((root / "docker-compose.yml").read_text(encoding="utf-8"))


def test_a_right_file_has_no_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No false alarm."""
    monkeypatch.chdir(root)
    assert [] == problems(GOOD)


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("healthcheck:", "healthchek:", "services.base.healthchek: Extra inputs are not permitted"),
        ("image: postgres:17", "image: postgres", "services.base.image: String should match pattern"),
        ("interval: 2s", "interval: 2", "services.base.healthcheck.interval: Input should be a valid string"),
        ("{base: {", "{bass: {", "services.worker.depends_on: there is no service bass"),
        ("condition: service_healthy", "condition: healthy", "services.worker.depends_on.base.condition: "),
        ("source: file", "source: fill", "services.worker.configs: there is no config fill"),
        ("data:/data", "date:/data", "services.worker.volumes: there is no volume date"),
        ("BATON_TASK_QUEUE", "BATON_TASKQUEUE", "services.worker.environment: BATON_TASKQUEUE is not a setting"),
        ("$${HOME}", "$HOME", "services.worker.command: a dollar that is neither $$ nor ${NAME}"),
        ("127.0.0.1:8080", "8080", "services.worker.ports.0: String should match pattern"),
        ("build: .", "build: ./nowhere", "services.worker.build: there is no Dockerfile in ./nowhere"),
        ("name: baton", "name: [", "is not YAML: "),
    ],
)
def test_a_mistake_is_told_with_its_place(
    root: Path, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, problem: str
) -> None:
    """Each kind of mistake is noticed by itself."""
    monkeypatch.chdir(root)
    assert right in GOOD
    (sentence,) = problems(GOOD.replace(right, wrong, 1))
    assert sentence.startswith(problem)


def test_a_dependency_without_healthcheck_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker would wait for ever."""
    monkeypatch.chdir(root)
    lines = [line for line in GOOD.splitlines() if "healthcheck:" not in line]
    assert ["services.worker.depends_on: base has no healthcheck and never gets healthy"] == problems("\n".join(lines))
