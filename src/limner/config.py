"""Settings: where the data lives and which connections there are. The only module that reads the environment.

Everything else takes the mapping that `environment` gives as an argument. Order of precedence: what a command was told,
the variables of the environment, `config.toml` in the home, what is built in.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast, get_args
from urllib.parse import SplitResult, urlsplit

from limner.core.secret import Secret
from limner.errors import ConfigError, StorageError
from limner.redaction import looks_like_key

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

Protocol = Literal["gemini", "sandbox"]
Auth = Literal["x-goog-api-key", "bearer", "raw", "query", "google"]
PresetName = Literal["google", "vertex", "cometapi", "apigo", "new-api", "sandbox"]

AUTH_STYLES: tuple[str, ...] = get_args(Auth)
CONFIG_FILE = "config.toml"
DEFAULT_API_VERSION = "v1beta"
DEFAULT_VERTEX_VERSION = "v1beta1"
DEFAULT_TIMEOUT_S = 300.0
"""Longest silence of a provider, in seconds: a 4K picture may take minutes."""
MAX_TIMEOUT_S = 3600.0
MAX_BUDGET_USD = 1_000_000
_CENT = Decimal("0.01")
GOOGLE_URL = "https://generativelanguage.googleapis.com"
GOOGLE_KEY_VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
"""Where the key for Google is looked for, in this order."""
SERVE_VARIABLE = "LIMNER_SERVE_TOKEN"
"""Holds what clients of `limner serve` must send as their key."""
MIN_TOKEN_CHARACTERS = 16

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,79}")
_VERSION = re.compile(r"(?:v\d[a-z0-9]{0,15})?")
_PLACE = re.compile(r"[a-z0-9][a-z0-9.:-]{0,62}")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
_KEY_LINE = re.compile(r"\s*(?:\"(?P<quoted>[^\"]+)\"|(?P<bare>[A-Za-z0-9_-]+))\s*[=.]")
_Tables = dict[str, Mapping[str, Any]]
_TABLE_LINE = re.compile(r"\s*\[\s*connections\s*\.\s*\"?(?P<name>[^\"\]\s]+)\"?\s*\]")

DEFAULT_PARALLEL = 8
"""Most requests of workflows to one connection at once, over all processes."""
MAX_QUEUE_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A way to a provider: address, how the key is sent, and where the key is found. Never the key itself.

    On Vertex AI `project` and `location` stand in the path; without them it is express mode. With the auth `google` a
    token is fetched for `credentials` (the path of a file), or for what Google's tools find on this machine.
    `key_env` names the environment variable with the key. `model` is used when none is asked for. `timeout_s` bounds
    each silence, in seconds. `fetch_links` allows pictures that a relay answers with as https links to be fetched.
    `max_parallel` and `per_minute` bound the requests of workflows at once and in a minute, over all processes.
    `budget_per_day_usd` bounds what is spent on it in a day; `allow_unknown_price` lets calls go at a price that
    nobody knows.
    """

    name: str
    preset: PresetName
    protocol: Protocol = "gemini"
    base_url: str
    auth: Auth = "x-goog-api-key"
    key_env: str | None = None
    model: str | None = None
    api_version: str = DEFAULT_API_VERSION
    timeout_s: float = DEFAULT_TIMEOUT_S
    proxy: str | None = None
    fetch_links: bool = False
    budget_per_day_usd: Decimal | None = None
    allow_unknown_price: bool = False
    max_parallel: int = DEFAULT_PARALLEL
    per_minute: int | None = None
    project: str | None = None
    location: str | None = None
    credentials: str | None = None

    @property
    def is_vertex(self) -> bool:
        """Whether this is Vertex AI, with paths and fields of its own."""
        return self.preset == "vertex"

    @property
    def needs_key(self) -> bool:
        """False for the sandbox, and where a token is fetched instead."""
        return self.protocol != "sandbox" and self.auth != "google"

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that may hold the key, first one first."""
        if self.key_env is None:
            return ()
        if self.preset == "google" and self.key_env == GOOGLE_KEY_VARIABLES[0] and self.base_url == GOOGLE_URL:
            return GOOGLE_KEY_VARIABLES
        return (self.key_env,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that may be spent, in US dollars: on a day of the local clock, and in one run. `None` is no bound."""

    per_day_usd: Decimal | None = None
    per_run_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything configured. `default_connection` names one of `connections`, which hold the built-in ones too.

    `targets` are the tables `[targets.NAME]` as they stand in the file; `targets.settings.read_target` reads them.
    """

    home: Path
    default_connection: str
    connections: Mapping[str, Connection]
    budget: Budget = Budget()
    targets: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def config_file(self) -> Path:
        """Where the settings are kept, whether the file is there or not."""
        return self.home / CONFIG_FILE

    def connection(self, name: str | None = None) -> Connection:
        """The connection with this name, or the default one. Raises `ConfigError` with near names."""
        found = self.connections.get(self.default_connection if name is None else name)
        if found is None:
            raise unknown_connection(str(name), self.connections)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What is known about a kind of provider. `base_url` is `None` where it has to be given.

    `fetch_links` is on for relays: some answer with a link, and the picture behind it is paid for.
    """

    base_url: str | None
    auth: Auth
    key_env: str | None = None
    fetch_links: bool = True
    summary: str


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "google": Preset(
            base_url=GOOGLE_URL,
            auth="x-goog-api-key",
            key_env=GOOGLE_KEY_VARIABLES[0],
            fetch_links=False,
            summary="Google's Gemini API",
        ),
        "vertex": Preset(
            base_url=None,
            auth="google",
            fetch_links=False,
            summary="Google's Vertex AI, with --project and --location; or express mode, with a key",
        ),
        "cometapi": Preset(
            base_url="https://api.cometapi.com",
            auth="raw",
            key_env="COMETAPI_KEY",
            summary="CometAPI, a relay",
        ),
        "apigo": Preset(
            base_url=None,
            auth="x-goog-api-key",
            summary="Api.Go, a relay; its address is not published",
        ),
        "new-api": Preset(
            base_url=None,
            auth="bearer",
            summary="any gateway of the new-api family",
        ),
    }
)
"""The kinds of provider that `limner connections add --preset` knows."""

SANDBOX = Connection(name="sandbox", preset="sandbox", protocol="sandbox", base_url="sandbox:")
"""The offline model in this process: no key, no network, no price."""

GOOGLE = Connection(name="google", preset="google", base_url=GOOGLE_URL, key_env=GOOGLE_KEY_VARIABLES[0])

_FIELDS = (
    "preset",
    "base_url",
    "auth",
    "key_env",
    "model",
    "api_version",
    "timeout_s",
    "proxy",
    "fetch_links",
    "insecure_http",
    "budget_per_day_usd",
    "allow_unknown_price",
    "max_parallel",
    "per_minute",
    "project",
    "location",
    "credentials",
)
_BUDGET_FIELDS = ("per_day_usd", "per_run_usd")
_TOP_KEYS = ("default_connection", "connections", "budget", "targets")


def environment() -> Mapping[str, str]:
    """The environment of this process, as it is now."""
    return dict(os.environ)  # noqa: TID251 - the one place that reads it


def home(environment: Mapping[str, str]) -> Path:
    """The folder of all data and settings: `LIMNER_HOME`, else the user's data folder of this system."""
    chosen = environment.get("LIMNER_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("limner", appauthor=False)


def load(environment: Mapping[str, str]) -> Settings:
    """The settings, built in and from `config.toml`. Raises `ConfigError` that lists every problem of the file."""
    folder = home(environment)
    path = folder / CONFIG_FILE
    text = _read_config(path)
    connections = {SANDBOX.name: SANDBOX, GOOGLE.name: GOOGLE}
    default, budget = None, Budget()
    targets: _Tables = {}
    if text is not None:
        default, budget, targets = _read_document(path, text, connections)
    if default is None:
        has_key = any(environment.get(name, "").strip() for name in GOOGLE_KEY_VARIABLES)
        default = GOOGLE.name if has_key else SANDBOX.name
    return Settings(
        home=folder,
        default_connection=default,
        connections=MappingProxyType(connections),
        budget=budget,
        targets=MappingProxyType(targets),
    )


def make_connection(name: str, fields: Mapping[str, Any]) -> Connection:
    """The connection that `fields` (named as in `config.toml`) describe. Raises `ConfigError` for the first problem."""
    _check_name(name)
    unknown = [key for key in fields if key not in _FIELDS]
    if unknown:
        raise _config_error(f"Unknown setting {unknown[0]!r}.{_nearest(unknown[0], _FIELDS)}", "config.file")
    preset_name = _text(fields, "preset") or ("google" if name == GOOGLE.name else "new-api")
    preset = PRESETS.get(preset_name)
    if preset is None:
        accepted = ", ".join(PRESETS)
        raise _config_error(
            f"Unknown preset {_shown(preset_name)}. Accepted: {accepted}.{_nearest(preset_name, PRESETS)}",
            "config.preset",
        )
    base_url = _base_url(name, preset_name, preset, fields)
    place = _vertex_place(fields, preset_name)
    return Connection(
        name=name,
        preset=cast(PresetName, preset_name),
        base_url=base_url,
        auth=_auth(fields, preset, is_express=preset_name == "vertex" and place is None),
        project=None if place is None else place[0],
        location=None if place is None else place[1],
        credentials=_text(fields, "credentials"),
        key_env=_key_env(fields, preset, base_url),
        model=_model(fields),
        api_version=_api_version(fields, DEFAULT_VERTEX_VERSION if preset_name == "vertex" else DEFAULT_API_VERSION),
        timeout_s=_timeout_s(fields),
        proxy=_proxy(fields),
        fetch_links=_flag(fields, "fetch_links", default=preset.fetch_links),
        budget_per_day_usd=_usd(fields, "budget_per_day_usd"),
        allow_unknown_price=_flag(fields, "allow_unknown_price"),
        max_parallel=_whole(fields, "max_parallel") or DEFAULT_PARALLEL,
        per_minute=_whole(fields, "per_minute"),
    )


def save_connection(settings: Settings, name: str, fields: Mapping[str, Any], *, replace: bool = False) -> Connection:
    """Write a connection to `config.toml`, keeping its comments, and give it back. Checks it before writing."""
    connection = make_connection(name, fields)

    def change(document: TOMLDocument) -> None:
        import tomlkit

        tables = document.setdefault("connections", tomlkit.table(is_super_table=True))
        if name in tables and not replace:
            raise _config_error(
                f"There is a connection {name!r} already.", "config.exists", hint="Replace it with --replace."
            )
        tables[name] = {key: value for key, value in fields.items() if value is not None}

    _change_config(settings.config_file, change)
    return connection


def remove_connection(settings: Settings, name: str) -> None:
    """Take a connection out of `config.toml`. Raises `ConfigError` if it is not there."""

    def change(document: TOMLDocument) -> None:
        tables = document.get("connections", {})
        if name not in tables:
            if name in settings.connections:
                raise _config_error(f"The connection {name!r} is built in and cannot be removed.", "config.connection")
            raise unknown_connection(name, tables)
        del tables[name]
        if not tables:
            del document["connections"]
        if document.get("default_connection") == name:
            del document["default_connection"]

    _change_config(settings.config_file, change)


def save_default(settings: Settings, name: str) -> None:
    """Make `name` the connection that is used when none is asked for."""
    if name not in settings.connections:
        raise unknown_connection(name, settings.connections)

    text = _read_config(settings.config_file) or ""
    if "default_connection" in tomllib.loads(text):
        _change_config(settings.config_file, lambda document: document.update({"default_connection": name}))
    else:
        write_private(settings.config_file, f'default_connection = "{name}"\n{text}')


def save_budget(settings: Settings, changes: Mapping[str, Decimal | None], *, connection: str | None = None) -> None:
    """Write budgets to `config.toml`, those of a connection or the general ones; `None` takes one away.

    `changes` are named as in the file. Raises `ConfigError` for an amount that is none, and for the sandbox.
    """
    if connection is not None:
        _check_name(settings.connection(connection).name)
    for name, usd in changes.items():
        if usd is not None:
            _usd({name: usd}, name)

    def change(document: TOMLDocument) -> None:
        import tomlkit

        parent = document
        if connection is not None:
            parent = document.setdefault("connections", tomlkit.table(is_super_table=True))
        table = parent.setdefault(connection or "budget", tomlkit.table())
        for name, usd in changes.items():
            if usd is None:
                table.pop(name, None)
            else:
                table[name] = tomlkit.float_(str(Decimal(usd).quantize(_CENT)))

    _change_config(settings.config_file, change)


def has_default(settings: Settings) -> bool:
    """Whether `config.toml` itself names a default connection."""
    text = _read_config(settings.config_file)
    return text is not None and "default_connection" in tomllib.loads(text)


def unknown_connection(name: str, known: Iterable[str]) -> ConfigError:
    """The error for a connection that is not configured."""
    names = list(known)
    return _config_error(
        f"There is no connection {_shown(name)}. Configured: {', '.join(names)}.{_nearest(name, names)}",
        "config.connection",
        hint="`limner connections` lists them; `limner connections add` makes one.",
    )


def serve_token(environment: Mapping[str, str]) -> Secret | None:
    """The token that clients of `limner serve` must send; `None` where none is set. Raises `ConfigError` if short."""
    token = environment.get(SERVE_VARIABLE, "").strip()
    if not token:
        return None
    if len(token) < MIN_TOKEN_CHARACTERS:
        raise ConfigError(
            f"{SERVE_VARIABLE} is too short: {len(token)} characters.",
            code="config.serve_token",
            hint=f"Accepted: {MIN_TOKEN_CHARACTERS} characters or more.",
        )
    return Secret(token)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read (0600), durably and all or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageError(
            f"{str(path)!r} cannot be written: {problem.strerror}.",
            code="storage.denied",
            hint="Make the folder writable, or move the data and settings with LIMNER_HOME.",
        ) from problem


def check_base_url(text: str, *, insecure_http: bool = False) -> str:
    """The address of a provider without a trailing slash; a path is kept. Raises `ConfigError` and repeats no key."""
    url = text.strip().rstrip("/")
    parts = _split_url(url)
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise _url_error(f"The base URL of {_host(parts)} has something after a `?` or `#`.", _ONLY_ADDRESS)
    if looks_like_key(url):
        raise _url_error(f"The base URL of {_host(parts)} seems to hold a key.", _ONLY_ADDRESS)
    segments = [segment for segment in parts.path.split("/") if segment]
    if any(":" in segment for segment in segments) or "models" in segments:
        raise _url_error(f"{url!r} is the address of a call.", f"Give only its beginning, such as {_origin(parts)!r}.")
    if segments and _VERSION.fullmatch(segments[-1]):
        raise _url_error(
            f"The base URL {url!r} ends in the version {segments[-1]!r} of the API.",
            f"Give {url.removesuffix('/' + segments[-1])!r}, and --api-version if it is not {DEFAULT_API_VERSION}.",
        )
    if parts.scheme == "http" and not insecure_http and not _is_loopback(parts.hostname or ""):
        raise _url_error(
            f"{url!r} is not encrypted: the key would travel in the open.",
            "Use https://, or add --insecure-http if you trust every machine on the way.",
        )
    return url


_ONLY_ADDRESS = "Give only the address, such as 'https://api.example.com'; the key is asked for separately."


def _split_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as problem:
        raise _url_error("The base URL is not a URL.", _ONLY_ADDRESS) from problem
    if parts.scheme not in ("http", "https") or not parts.hostname:
        offer = f" Did you mean 'https://{url}'?" if re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?", url) else ""
        raise _url_error(f"The base URL must begin with https://.{offer}", _ONLY_ADDRESS)
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise _url_error(f"The base URL of {_host(parts)} has a name or password in it.", _ONLY_ADDRESS)
    if not parts.netloc.isascii() or any(character.isspace() or character < " " for character in url):
        raise _url_error("The base URL has characters that no address has.", _ONLY_ADDRESS)
    return parts


def _host(parts: SplitResult) -> str:
    return _shown(parts.hostname or "")


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _base_url(name: str, preset_name: str, preset: Preset, fields: Mapping[str, Any]) -> str:
    given = _text(fields, "base_url")
    if given is not None:
        return check_base_url(given, insecure_http=_flag(fields, "insecure_http"))
    if preset_name == "vertex":
        return vertex_url(_text(fields, "location") or "global")
    if preset.base_url is None:
        published = (
            "Api.Go does not publish its base address" if preset_name == "apigo" else "Every gateway has its own"
        )
        raise _config_error(
            f"The preset {preset_name!r} needs a base URL. {published}: your account page names it.",
            "config.base_url",
            hint=f"Try: limner connections add {name} --preset {preset_name} --base-url https://…",
        )
    return preset.base_url


def vertex_url(location: str) -> str:
    """The host of Vertex AI in a location. Source: google-genai 3.3.0."""
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in ("us", "eu"):
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


def _vertex_place(fields: Mapping[str, Any], preset_name: str) -> tuple[str, str] | None:
    """Project and location of Vertex AI; `None` in express mode and for everybody else."""
    project, location = _text(fields, "project"), _text(fields, "location")
    if preset_name != "vertex" and (project or location or _text(fields, "credentials")):
        raise _config_error("project, location and credentials belong to the preset 'vertex'.", "config.vertex")
    for name, value in (("project", project), ("location", location)):
        if value is not None and (not _PLACE.fullmatch(value) or looks_like_key(value)):
            raise _config_error(f"{_shown(value)} is not the name of a {name}.", "config.vertex")
    if location is not None and project is None:
        raise _config_error(
            "A location needs a project.", "config.vertex", hint="Add --project; in express mode leave both out."
        )
    return None if project is None else (project, location or "global")


def _auth(fields: Mapping[str, Any], preset: Preset, *, is_express: bool = False) -> Auth:
    style = _text(fields, "auth") or ("x-goog-api-key" if is_express else preset.auth)
    if style not in AUTH_STYLES:
        raise _config_error(
            f"Unknown auth {_shown(style)}. Accepted: {', '.join(AUTH_STYLES)}.{_nearest(style, AUTH_STYLES)}",
            "config.auth",
        )
    return cast(Auth, style)


def _key_env(fields: Mapping[str, Any], preset: Preset, base_url: str) -> str | None:
    given = _text(fields, "key_env")
    if given is None:
        return preset.key_env if base_url == preset.base_url else None
    return check_key_env(given)


def check_key_env(text: str) -> str:
    """The name of an environment variable. Anything else may be the key itself, and is refused without repeating it."""
    if _VARIABLE.fullmatch(text) and not looks_like_key(text):
        return text
    raise _config_error(
        "The name of a variable is wanted, not the key itself; what was given is no such name and is not shown here.",
        "config.key_env",
        hint="Write capitals, digits and underscores, such as --key-env COMETAPI_KEY; set the key in that variable.",
    )


def _model(fields: Mapping[str, Any]) -> str | None:
    model = _text(fields, "model")
    if model is not None and (not _MODEL.fullmatch(model) or looks_like_key(model)):
        raise _config_error(f"{_shown(model)} is not the name of a model.", "config.model", hint="See `limner models`.")
    return model


def _api_version(fields: Mapping[str, Any], default: str) -> str:
    version = _text(fields, "api_version")
    if version is None:
        return default
    if not _VERSION.fullmatch(version):
        raise _config_error(
            f"{_shown(version)} is not a version of the API. Accepted: v1beta, v1, v1alpha, or empty for none.",
            "config.api_version",
        )
    return version


def _timeout_s(fields: Mapping[str, Any]) -> float:
    value = fields.get("timeout_s")
    if value is None:
        return DEFAULT_TIMEOUT_S
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_TIMEOUT_S:
        raise _config_error(f"timeout_s must be 1 to {MAX_TIMEOUT_S:.0f} seconds.", "config.timeout")
    return float(value)


def _proxy(fields: Mapping[str, Any]) -> str | None:
    proxy = _text(fields, "proxy")
    if proxy is None:
        return None
    parts = urlsplit(proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise _config_error(
            "The proxy must be an address such as 'http://127.0.0.1:3128', without a name or password.",
            "config.proxy",
            hint="Settings never hold passwords; use a proxy on this machine that adds them.",
        )
    return proxy.rstrip("/")


def _usd(fields: Mapping[str, Any], key: str) -> Decimal | None:
    value = fields.get(key)
    if value is None:
        return None
    amount = None if isinstance(value, bool) or not isinstance(value, int | float | Decimal) else Decimal(str(value))
    if amount is None or not amount.is_finite() or not 0 <= amount <= MAX_BUDGET_USD:
        raise _config_error(f"{key} must be 0 to {MAX_BUDGET_USD:,} dollars.", "config.budget")
    return amount


def _budget(fields: object) -> Budget:
    if not isinstance(fields, dict):
        raise _config_error("`budget` must be a table: [budget].", "config.file")
    unknown = [key for key in fields if key not in _BUDGET_FIELDS]
    if unknown:
        raise _config_error(f"Unknown setting {unknown[0]!r}.{_nearest(unknown[0], _BUDGET_FIELDS)}", "config.file")
    return Budget(**{key: _usd(fields, key) for key in _BUDGET_FIELDS})


def _whole(fields: Mapping[str, Any], key: str) -> int | None:
    value = fields.get(key)
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= MAX_QUEUE_LIMIT:
        raise _config_error(f"{key} must be a whole number from 1 to {MAX_QUEUE_LIMIT}, not {value!r}.", "config.file")
    return value


def _flag(fields: Mapping[str, Any], key: str, *, default: bool = False) -> bool:
    value = fields.get(key, default)
    if not isinstance(value, bool):
        raise _config_error(f"{key} must be true or false.", "config.file")
    return value


def _text(fields: Mapping[str, Any], key: str) -> str | None:
    value = fields.get(key)
    if value is not None and not isinstance(value, str):
        raise _config_error(f"{key} must be a text in quotes.", "config.file")
    return value


def _check_name(name: str) -> None:
    if name == SANDBOX.name:
        raise _config_error("The connection 'sandbox' is built in and cannot be changed.", "config.connection")
    if not _NAME.fullmatch(name) or looks_like_key(name):
        raise _config_error(
            f"{_shown(name)} is no name for a connection.",
            "config.connection",
            hint="Use up to 40 small letters, digits, - and _, such as `comet`.",
        )


def _read_config(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except NotADirectoryError as problem:
        raise _config_error(
            f"{str(path.parent)!r} is no folder, so no data and settings can lie there.",
            "config.home",
            hint="Set LIMNER_HOME to a folder, or unset it.",
        ) from problem
    except UnicodeDecodeError as problem:
        raise _config_error(f"{str(path)!r} is not text in UTF-8.", "config.file", hint=_EDIT) from problem
    except OSError as problem:
        raise _config_error(f"{str(path)!r} cannot be read: {problem.strerror}.", "config.file") from problem


def _read_document(path: Path, text: str, connections: dict[str, Connection]) -> tuple[str | None, Budget, _Tables]:
    """Add the file's connections to `connections`; its default connection, if it names one, its budget, its targets."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _config_error(f"{str(path)!r} is not TOML: {problem}.", "config.file", hint=_EDIT) from problem
    problems = [
        f"{_where(text, None, key)}unknown setting {_shown(key)}.{_nearest(key, _TOP_KEYS)}"
        for key in document
        if key not in _TOP_KEYS
    ]
    tables = document.get("connections", {})
    if not isinstance(tables, dict):
        problems.append("`connections` must hold tables such as [connections.comet].")
        tables = {}
    for name, fields in tables.items():
        try:
            if not isinstance(fields, dict):
                raise _config_error(f"{_shown(name)} must be a table such as [connections.comet].", "config.file")
            connections[name] = make_connection(name, fields)
        except ConfigError as problem:
            problems.append(f"{_where(text, name, _culprit(fields, problem))}{problem.message}")
    budget = Budget()
    try:
        budget = _budget(document.get("budget", {}))
    except ConfigError as problem:
        problems.append(f"{_where(text, None, 'budget')}{problem.message}")
    targets = _targets(text, document.get("targets", {}), problems)
    default = document.get("default_connection")
    if default is not None and default not in connections and not problems:
        problems.append(
            f"{_where(text, None, 'default_connection')}there is no connection {_shown(str(default))}."
            f"{_nearest(str(default), connections)}"
        )
    if problems:
        raise _config_error(
            f"{str(path)!r} has {_count(problems)}:\n  " + "\n  ".join(problems), "config.file", hint=_EDIT
        )
    return default, budget, targets


def _targets(text: str, tables: object, problems: list[str]) -> _Tables:
    """The storage targets as they stand, those with a good name; what is wrong with the others goes to `problems`."""
    if not isinstance(tables, dict):
        problems.append(f"{_where(text, None, 'targets')}`targets` must hold tables such as [targets.pictures].")
        return {}
    targets: _Tables = {}
    for name, fields in tables.items():
        line = _where(text, f"[targets.{name}]", None) or _where(text, f'[targets."{name}"]', None)
        if not isinstance(fields, dict):
            problems.append(f"{_shown(name)} must be a table such as [targets.pictures].")
        elif not _NAME.fullmatch(name) or looks_like_key(name):
            problems.append(
                f"{line}{_shown(name)} is no name for a storage target. Use small letters, digits, - and _."
            )
        else:
            targets[name] = MappingProxyType(fields)
    return targets


_EDIT = "Correct the file in an editor; `limner connections add --help` explains each setting."


def _culprit(fields: object, problem: ConfigError) -> str | None:
    """The setting a problem is about, to find its line."""
    if not isinstance(fields, dict):
        return None
    unknown = [key for key in fields if key not in _FIELDS]
    if unknown:
        return str(unknown[0])
    topic = problem.code.removeprefix("config.")
    candidates = {"timeout": "timeout_s", "preset": "preset"}.get(topic, topic)
    named = [key for key in fields if problem.message.startswith(f"{key} must")]
    return named[0] if named else (candidates if candidates in fields else None)


def _where(text: str, table: str | None, key: str | None) -> str:
    """`line 7: ` for a setting or the head of its table, empty if it is written in a way that is hard to find."""
    current: str | None = None
    head: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            match = _TABLE_LINE.match(line)
            current = match["name"] if match else line.strip()
            head = number if current == table and table is not None else head
            if table is None and key is not None and line.strip().strip("[]").split(".")[0] == key:
                return f"line {number}: "
        elif current == table and (match := _KEY_LINE.match(line)) and key in (match["quoted"], match["bare"]):
            return f"line {number}: "
    return "" if head is None else f"line {head}: "


def _change_config(path: Path, change: Callable[[TOMLDocument], None]) -> None:
    import tomlkit

    document = tomlkit.parse(_read_config(path) or "")
    change(document)
    write_private(path, tomlkit.dumps(document))


def _count(problems: list[str]) -> str:
    return "a problem" if len(problems) == 1 else f"{len(problems)} problems"


def _nearest(text: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]!r}?" if found else ""


def _shown(text: str) -> str:
    """A given value in quotes, unless it may be a key."""
    return "(not shown: it looks like a key)" if looks_like_key(text) else repr(text[:80])


def _url_error(message: str, hint: str) -> ConfigError:
    return _config_error(message, "config.base_url", hint=hint)


def _config_error(message: str, code: str, *, hint: str | None = None) -> ConfigError:
    return ConfigError(message, code=code, hint=hint)
