from __future__ import annotations

import stat
from pathlib import Path

import pytest

from limner import config
from limner.errors import ConfigError, StorageError

CANARY = "sk-canary-4f9a8b7c6d5e4f3a2b1c"
GOOGLE = "https://generativelanguage.googleapis.com"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def environment(home: Path, **more: str) -> dict[str, str]:
    return {"LIMNER_HOME": str(home), **more}


def write(home: Path, text: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")


def refused(home: Path, text: str) -> ConfigError:
    write(home, text)
    with pytest.raises(ConfigError) as caught:
        config.load(environment(home))
    assert CANARY not in caught.value.message
    return caught.value


def test_limner_home_decides_where_everything_lies(tmp_path: Path) -> None:
    assert config.home({"LIMNER_HOME": str(tmp_path / "elsewhere")}) == tmp_path / "elsewhere"


def test_without_limner_home_the_data_lies_in_a_folder_named_limner() -> None:
    assert config.home({}).name == "limner"


def test_an_empty_limner_home_counts_as_none() -> None:
    assert config.home({"LIMNER_HOME": "  "}) == config.home({})


def test_without_a_file_there_are_the_sandbox_and_google(home: Path) -> None:
    settings = config.load(environment(home))
    assert list(settings.connections) == ["sandbox", "google"]
    assert settings.default_connection == "sandbox"
    google = settings.connections["google"]
    assert (google.base_url, google.auth, google.api_version) == (GOOGLE, "x-goog-api-key", "v1beta")
    assert google.key_variables == ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    assert not home.exists()


@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_a_google_key_in_the_environment_makes_google_the_default(home: Path, variable: str) -> None:
    assert config.load(environment(home, **{variable: CANARY})).default_connection == "google"


def test_an_empty_google_key_does_not(home: Path) -> None:
    assert config.load(environment(home, GEMINI_API_KEY=" ")).default_connection == "sandbox"


def test_a_connection_is_read_with_every_setting(home: Path) -> None:
    write(
        home,
        """
        default_connection = "work"
        [connections.work]
        preset = "new-api"
        base_url = "https://gateway.example.com/gemini/"
        auth = "bearer"
        key_env = "WORK_KEY"
        model = "gemini-3-pro-image"
        api_version = "v1"
        timeout_s = 60
        proxy = "http://127.0.0.1:3128"
        fetch_links = false
        """,
    )
    settings = config.load(environment(home))
    assert settings.default_connection == "work"
    assert settings.connection() == config.Connection(
        name="work",
        preset="new-api",
        protocol="gemini",
        base_url="https://gateway.example.com/gemini",
        auth="bearer",
        key_env="WORK_KEY",
        model="gemini-3-pro-image",
        api_version="v1",
        timeout_s=60.0,
        proxy="http://127.0.0.1:3128",
        fetch_links=False,
    )


def test_the_preset_of_cometapi_knows_address_and_header() -> None:
    connection = config.make_connection("comet", {"preset": "cometapi"})
    assert (connection.base_url, connection.auth) == ("https://api.cometapi.com", "raw")
    assert connection.key_env == "COMETAPI_KEY"


def test_relays_may_answer_with_links_and_google_may_not() -> None:
    assert config.make_connection("comet", {"preset": "cometapi"}).fetch_links
    assert not config.make_connection("mine", {"preset": "google"}).fetch_links


@pytest.mark.parametrize(("preset", "auth"), [("apigo", "x-goog-api-key"), ("new-api", "bearer")])
def test_a_preset_without_an_address_needs_one(preset: str, auth: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.make_connection("mine", {"preset": preset})
    assert caught.value.code == "config.base_url"
    assert f"The preset '{preset}' needs a base URL." in caught.value.message
    assert caught.value.hint == f"Try: limner connections add mine --preset {preset} --base-url https://…"
    made = config.make_connection("mine", {"preset": preset, "base_url": "https://a.example"})
    assert made.auth == auth


def test_the_error_for_apigo_says_that_its_address_is_not_published() -> None:
    with pytest.raises(ConfigError, match=r"Api\.Go does not publish its base address"):
        config.make_connection("mine", {"preset": "apigo"})


def test_a_google_key_is_not_meant_for_another_address() -> None:
    connection = config.make_connection("google", {"preset": "google", "base_url": "https://a.example"})
    assert connection.key_variables == ()


def test_a_preset_spelled_wrong_is_answered_with_the_right_one() -> None:
    with pytest.raises(ConfigError, match=r"Unknown preset 'comet-api'.*Did you mean 'cometapi'\?"):
        config.make_connection("mine", {"preset": "comet-api"})


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{CANARY}@api.example.com",
        f"https://{CANARY}@api.example.com",
        f"https://api.example.com/v1beta?key={CANARY}",
        f"https://api.example.com/#{CANARY}",
        f"https://api.example.com/{CANARY}/gemini",
        "https://api.example.com/?",
    ],
)
def test_a_base_url_with_a_key_is_refused_and_the_key_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.check_base_url(url)
    assert caught.value.code == "config.base_url"
    assert CANARY not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("api.example.com", "The base URL must begin with https://. Did you mean 'https://api.example.com'?"),
        ("ftp://api.example.com", "The base URL must begin with https://."),
        ("https://", "The base URL must begin with https://."),
        ("https://api.example.com:port", "The base URL is not a URL."),
        (
            "https://api.example.com/v1beta",
            "The base URL 'https://api.example.com/v1beta' ends in the version 'v1beta'",
        ),
        ("https://a.example/v1beta/models/x:generateContent", "is the address of a call."),
        ("http://api.example.com", "'http://api.example.com' is not encrypted"),
        ("https://exаmple.com", "The base URL has characters that no address has."),
    ],
)
def test_what_is_no_base_url_is_refused_with_the_reason(url: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.check_base_url(url)
    assert message in caught.value.message


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:3000/gemini", "http://[::1]:80"])
def test_a_machine_of_ones_own_may_be_unencrypted(url: str) -> None:
    assert config.check_base_url(url) == url


def test_another_machine_may_be_unencrypted_only_when_that_is_said() -> None:
    assert config.check_base_url("http://10.0.0.7:8080/", insecure_http=True) == "http://10.0.0.7:8080"


@pytest.mark.parametrize(
    "text", [CANARY, "AIzaSyD9tSrke72PouQMnMXa7eZSW0jkFMBWY", "my_key", "A B", "", "CANARY4F9A8B7C6D5E4F"]
)
def test_what_is_no_name_of_a_variable_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.check_key_env(text)
    assert caught.value.code == "config.key_env"
    assert not text or text not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("name", ["sandbox", "Comet", "my relay", "", "x" * 41, CANARY])
def test_names_of_connections_are_short_and_plain(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.make_connection(name, {"preset": "cometapi"})
    assert caught.value.code == "config.connection"
    assert CANARY not in caught.value.message


def test_an_unknown_setting_is_named_with_its_line_and_the_nearest_one(home: Path) -> None:
    problem = refused(home, '[connections.comet]\npreset = "cometapi"\nkey_enw = "K"\n')
    assert "line 3: Unknown setting 'key_enw'. Did you mean 'key_env'?" in problem.message


def test_every_problem_of_the_file_is_listed(home: Path) -> None:
    problem = refused(
        home,
        "default_conection = 'a'\n"
        "[connections.a]\n"
        "preset = 'cometapi'\n"
        "timeout_s = 'long'\n"
        "[connections.b]\n"
        "preset = 'new-api'\n"
        "base_url = 'http://b.example'\n",
    )
    assert "3 problems" in problem.message
    assert "line 1: unknown setting 'default_conection'. Did you mean 'default_connection'?" in problem.message
    assert "line 4: timeout_s must be 1 to 3600 seconds." in problem.message
    assert "line 7: 'http://b.example' is not encrypted" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        f'[connections.comet]\npreset = "cometapi"\nkey_env = "{CANARY}"\n',
        f'[connections.comet]\npreset = "cometapi"\nbase_url = "https://a.example?key={CANARY}"\n',
        f'[connections.comet]\npreset = "{CANARY}"\n',
        f'[connections.comet]\npreset = "cometapi"\nauth = "{CANARY}"\n',
        f'[connections.comet]\npreset = "cometapi"\nmodel = "{CANARY}"\n',
        f'[connections.comet]\npreset = "cometapi"\napi_version = "{CANARY}"\n',
        f'[connections.comet]\npreset = "cometapi"\nproxy = "http://me:{CANARY}@p.example"\n',
        f'[connections.{CANARY}]\npreset = "cometapi"\n',
        f'default_connection = "{CANARY}"\n',
    ],
)
def test_a_key_in_any_place_of_the_file_is_refused_and_not_repeated(home: Path, text: str) -> None:
    assert refused(home, text).code == "config.file"


def test_a_file_that_is_not_toml_says_where(home: Path) -> None:
    assert "line 2" in refused(home, "\na = \n").message


@pytest.mark.parametrize(
    "text",
    [
        "connections = 3\n",
        "[connections]\ncomet = 3\n",
        "[connections.sandbox]\nmodel = 'x'\n",
        "[connections.c]\nproxy = 3\n",
    ],
)
def test_shapes_that_make_no_sense_are_refused(home: Path, text: str) -> None:
    refused(home, text)


def test_a_default_that_is_not_there_is_answered_with_the_nearest(home: Path) -> None:
    problem = refused(home, 'default_connection = "gogle"\n')
    assert "line 1: there is no connection 'gogle'. Did you mean 'google'?" in problem.message


def test_asking_for_an_unknown_connection_names_those_there_are(home: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no connection 'gogle'\. Configured: sandbox, google\. Did you mean 'google'\?"
    ):
        config.load(environment(home)).connection("gogle")


def test_a_saved_connection_is_read_back_and_comments_stay(home: Path) -> None:
    write(home, '# mine\n[connections.a] # the first\npreset = "cometapi"\n')
    saved = config.save_connection(
        config.load(environment(home)), "b", {"preset": "apigo", "base_url": "https://b.example"}
    )
    text = (home / "config.toml").read_text()
    assert "# mine" in text
    assert "# the first" in text
    assert config.load(environment(home)).connections["b"] == saved


def test_the_settings_are_written_for_their_owner_alone(home: Path) -> None:
    config.save_connection(config.load(environment(home)), "b", {"preset": "cometapi"})
    assert stat.S_IMODE((home / "config.toml").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["config.toml"]


def test_a_connection_is_replaced_only_when_that_is_said(home: Path) -> None:
    config.save_connection(config.load(environment(home)), "b", {"preset": "cometapi"})
    settings = config.load(environment(home))
    with pytest.raises(ConfigError, match="There is a connection 'b' already"):
        config.save_connection(settings, "b", {"preset": "cometapi", "auth": "bearer"})
    config.save_connection(settings, "b", {"preset": "cometapi", "auth": "bearer"}, replace=True)
    assert config.load(environment(home)).connections["b"].auth == "bearer"


def test_a_bad_connection_is_not_written(home: Path) -> None:
    with pytest.raises(ConfigError):
        config.save_connection(config.load(environment(home)), "b", {"preset": "apigo"})
    assert not home.exists()


def test_the_default_can_be_set_before_and_after_there_are_tables(home: Path) -> None:
    config.save_connection(config.load(environment(home)), "b", {"preset": "cometapi"})
    config.save_default(config.load(environment(home)), "b")
    assert config.load(environment(home)).default_connection == "b"
    config.save_default(config.load(environment(home)), "google")
    assert config.load(environment(home)).default_connection == "google"


def test_removing_the_default_connection_leaves_a_file_that_can_be_read(home: Path) -> None:
    config.save_connection(config.load(environment(home)), "b", {"preset": "cometapi"})
    config.save_default(config.load(environment(home)), "b")
    config.remove_connection(config.load(environment(home)), "b")
    settings = config.load(environment(home))
    assert list(settings.connections) == ["sandbox", "google"]
    assert settings.default_connection == "sandbox"


def test_what_is_built_in_cannot_be_removed(home: Path) -> None:
    with pytest.raises(ConfigError, match="'google' is built in"):
        config.remove_connection(config.load(environment(home)), "google")


def test_a_home_that_is_a_file_is_refused_naming_the_variable(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(ConfigError, match="is no folder") as caught:
        config.load(environment(tmp_path / "home"))
    assert caught.value.hint == "Set LIMNER_HOME to a folder, or unset it."


def test_a_file_that_cannot_be_written_is_a_storage_error_naming_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as caught:
        config.write_private(tmp_path / "file" / "config.toml", "")
    assert "LIMNER_HOME" in str(caught.value.hint)
