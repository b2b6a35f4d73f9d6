"""Check docker-compose.yml without Docker: its words, what it refers to, and our settings in it.

`make check` runs it. It knows the part of the Compose specification that the file uses and refuses every other word,
as Docker would refuse a misspelt one. It refuses to start anything.
"""

import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.settings import PREFIX, Settings, variable

FILE = Path("docker-compose.yml")

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Duration = Annotated[str, Field(pattern=r"^(\d+(ms|s|m|h))+$")]
# A tag always: without one the image is whatever is newest on the day.
Image = Annotated[str, Field(pattern=r"^[a-z0-9./_-]+:[A-Za-z0-9._-]+$")]
Scalar = str | int | float | bool | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Healthcheck(_Part):
    """How Docker asks a container whether it works."""

    test: Annotated[list[str], Field(min_length=2)]
    interval: Duration
    timeout: Duration
    retries: int
    start_period: Duration | None = None


class Dependency(_Part):
    """What another service must have reached first."""

    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Mount(_Part):
    """A declared config and the file it becomes."""

    source: Name
    target: Annotated[str, Field(pattern="^/")]


class Service(_Part):
    """One service: an image or a build, and how it runs."""

    image: Image
    build: str | None = None
    command: list[str] | None = None
    entrypoint: list[str] | None = None
    environment: dict[str, Scalar] = {}
    configs: list[Mount] = []
    ports: list[Annotated[str, Field(pattern=r"^127\.0\.0\.1:\d+:\d+$")]] = []
    volumes: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*:/\S+$")]] = []
    tmpfs: list[str] = []
    healthcheck: Healthcheck | None = None
    depends_on: dict[Name, Dependency] = {}
    restart: Annotated[str, Field(pattern=r"^(no|always|unless-stopped|on-failure(:\d+)?)$")]
    stop_grace_period: Duration | None = None
    read_only: bool = False
    cap_drop: list[str] = []
    security_opt: list[str] = []


class Config(_Part):
    """A file that the compose file holds itself."""

    content: Annotated[str, Field(min_length=1)]


class Compose(_Part):
    """The whole file, without its `x-` fragments."""

    name: Name
    services: Annotated[dict[Name, Service], Field(min_length=1)]
    configs: dict[Name, Config] = {}
    volumes: dict[Name, None] = {}


def problems(text: str) -> list[str]:
    """List what is wrong with a compose file's text, each with its place in the file."""
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return [f"is not YAML: {error}"]
    if not isinstance(tree, dict):
        return ["is not a mapping"]
    try:
        compose = Compose.model_validate({key: value for key, value in tree.items() if not _fragment(key)})
    except ValidationError as error:
        return [f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}" for wrong in error.errors()]
    found = [problem for name in compose.services for problem in _references(compose, name)]
    return found + _settings(compose) + _dollars(tree)


def _fragment(key: Any) -> bool:
    return isinstance(key, str) and key.startswith("x-")


def _references(compose: Compose, name: str) -> list[str]:
    service, found = compose.services[name], []
    for other, dependency in service.depends_on.items():
        target = compose.services.get(other)
        if target is None:
            found.append(f"services.{name}.depends_on: there is no service {other}")
        elif dependency.condition == "service_healthy" and target.healthcheck is None:
            found.append(f"services.{name}.depends_on: {other} has no healthcheck and never gets healthy")
    for mount in service.configs:
        if mount.source not in compose.configs:
            found.append(f"services.{name}.configs: there is no config {mount.source}")
    for volume in service.volumes:
        if volume.partition(":")[0] not in compose.volumes:
            found.append(f"services.{name}.volumes: there is no volume {volume.partition(':')[0]}")
    if service.build is not None and not (Path(service.build) / "Dockerfile").is_file():
        found.append(f"services.{name}.build: there is no Dockerfile in {service.build}")
    return found


def _settings(compose: Compose) -> list[str]:
    known = {variable(field) for field in Settings.model_fields}
    return [
        f"services.{name}.environment: {key} is not a setting"
        for name, service in compose.services.items()
        if service.build is not None
        for key in service.environment
        if key.startswith(PREFIX) and key not in known
    ]


def _dollars(tree: Any, place: str = "") -> list[str]:
    """A lone dollar is replaced by Compose before the shell sees it."""
    if isinstance(tree, dict):
        return [problem for key, value in tree.items() for problem in _dollars(value, f"{place}.{key}")]
    if isinstance(tree, list):
        return [problem for value in tree for problem in _dollars(value, place)]
    if not isinstance(tree, str):
        return []
    lone = re.sub(r"\$\$|\$\{[A-Z_]+(:?[-?+][^}]*)?\}", "", tree)
    return [f"{place[1:]}: a dollar that is neither $$ nor ${{NAME}}"] if "$" in lone else []


def main() -> int:
    """Print each problem; 0 when there is none."""
    found = problems(FILE.read_text(encoding="utf-8"))
    for problem in found:
        print(f"{FILE}: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
