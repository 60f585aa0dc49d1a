from __future__ import annotations

from pathlib import Path

import pytest

from limner import config
from limner.errors import ConfigError

CANARY = "sk-canary-4f9a8b7c6d5e4f3a2b1c"


def load(home: Path, text: str) -> config.Settings:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")
    return config.load({"LIMNER_HOME": str(home)})


def test_without_a_file_there_are_no_targets(tmp_path: Path) -> None:
    assert config.load({"LIMNER_HOME": str(tmp_path)}).targets == {}


def test_targets_are_kept_as_they_stand(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
        [targets.pictures]
        kind = "folder"
        path = "/srv/pictures"
        [targets.firebase]
        kind = "firebase"
        bucket = "work-1234.appspot.com"
        expires_s = 3600
        """,
    )
    assert list(settings.targets) == ["pictures", "firebase"]
    assert settings.targets["pictures"] == {"kind": "folder", "path": "/srv/pictures"}
    assert settings.targets["firebase"]["expires_s"] == 3600


def test_what_is_in_a_table_is_not_looked_at_before_it_is_wanted(tmp_path: Path) -> None:
    assert load(tmp_path, '[targets.pictures]\nkindd = "x"\n').targets == {"pictures": {"kindd": "x"}}


def test_the_settings_cannot_be_changed_by_who_reads_them(tmp_path: Path) -> None:
    targets = load(tmp_path, '[targets.pictures]\nkind = "folder"\n').targets
    with pytest.raises(TypeError):
        targets["other"] = {}  # type: ignore[index]  # tried because the type forbids it
    with pytest.raises(TypeError):
        targets["pictures"]["kind"] = "s3"  # type: ignore[index]  # the same one level down


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("targets = 3\n", "`targets` must hold tables such as [targets.pictures]"),
        ("\n[[targets]]\n", "line 2: `targets` must hold tables"),
        ('[targets]\npictures = "/srv"\n', "'pictures' must be a table such as [targets.pictures]"),
        ('[targets.good]\nkind = "s3"\n\n[targets.Bad]\n', "line 4: 'Bad' is no name for a storage target."),
        ('\n[targets."a b"]\n', "line 2: 'a b' is no name for a storage target."),
        (f"[targets.{CANARY}]\n", "it looks like a key) is no name for a storage target"),
        (f"[targets.{'x' * 41}]\n", "is no name for a storage target"),
        ("[targts.pictures]\n", "unknown setting 'targts'. Did you mean 'targets'?"),
    ],
)
def test_what_is_no_target_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.code == "config.file"
    assert words in caught.value.message
    assert CANARY not in caught.value.message


def test_problems_of_targets_and_connections_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has 2 problems"):
        load(tmp_path, '[targets.Bad]\n[connections.work]\npreset = "nope"\n')


def test_saving_a_connection_keeps_the_targets(tmp_path: Path) -> None:
    settings = load(tmp_path, '# ours\n[targets.pictures]\nkind = "folder"  # a disk\n')
    config.save_connection(settings, "comet", {"preset": "cometapi"})
    text = (tmp_path / "config.toml").read_text(encoding="utf-8")
    assert "# ours" in text
    assert 'kind = "folder"  # a disk' in text
    assert config.load({"LIMNER_HOME": str(tmp_path)}).targets == {"pictures": {"kind": "folder"}}
