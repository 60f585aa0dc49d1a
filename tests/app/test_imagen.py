from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from limner import BlockedError, Client, Image
from limner.app import Ask
from limner.core.picture import measure
from limner.errors import ConfigError, InvalidRequestError, UnsupportedError
from limner.server.background import BackgroundServer
from loopback import Loopback, reply, serving

TOKEN = "ya29.canary-token-of-a-service-account"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackgroundServer]:
    with BackgroundServer(tmp_path_factory.mktemp("server") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def tokens(tmp_path: Path, private_key: rsa.RSAPrivateKey) -> Iterator[Loopback]:
    """Google's token endpoint, and a service account's file that leads to it."""
    with serving(reply({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})) as endpoint:
        pem = private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "type": "service_account",
            "project_id": "my-project",
            "private_key_id": "k1",
            "private_key": pem.decode(),
            "client_email": "limner@my-project.iam.gserviceaccount.com",
            "token_uri": f"{endpoint.url}/token",
        }
        (tmp_path / "account.json").write_text(json.dumps(account), encoding="utf-8")
        yield endpoint


def opened(tmp_path: Path, server: BackgroundServer, more: str = "", **variables: str) -> Client:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(
        f'[connections.vx]\npreset = "vertex"\nbase_url = "{server.url}"\n{more}\n', encoding="utf-8"
    )
    return Client(connection="vx", environment={"LIMNER_HOME": str(home), **variables})


@pytest.fixture
def vertex(tmp_path: Path, server: BackgroundServer, tokens: Loopback) -> Iterator[Client]:
    project = f'project = "my-project"\nlocation = "us-central1"\ncredentials = "{tmp_path}/account.json"'
    with opened(tmp_path, server, project) as client:
        yield client


def test_a_service_account_signs_for_its_token_once(
    vertex: Client, server: BackgroundServer, tokens: Loopback, private_key: rsa.RSAPrivateKey
) -> None:
    assert vertex.generate("a red fox", model="gemini-nano-banana-2.1").ok
    assert vertex.generate("a red hare", model="gemini-nano-banana-2.1").ok
    (asked,) = tokens.requests
    head, claims, signature = parse_qs(asked.body.decode())["assertion"][0].split(".")
    private_key.public_key().verify(
        decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    said = json.loads(decoded(claims))
    assert (said["iss"], said["scope"]) == (
        "limner@my-project.iam.gserviceaccount.com",
        "https://www.googleapis.com/auth/cloud-platform",
    )
    (url,) = vertex.app.plan(Ask(prompt="a fox", connection="vx")).urls
    assert url.startswith(f"{server.url}/v1beta1/projects/my-project/locations/us-central1/publishers/google/models/")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_token_is_kept_nowhere(vertex: Client, tmp_path: Path) -> None:
    vertex.generate("a red fox", model="gemini-nano-banana-2.1")
    vertex.close()
    held = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert held == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "account.json"),
        ("{}", "type"),
        ("not json", "no token for connection 'vx'"),
    ],
)
def test_credentials_that_lead_to_no_token_are_said(
    vertex: Client, tmp_path: Path, content: str | None, words: str
) -> None:
    path = tmp_path / "account.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(ConfigError, match=words) as caught:
        vertex.generate("a red fox", model="gemini-nano-banana-2.1")
    assert caught.value.code == "config.google_auth"


def test_express_mode_needs_a_key_and_no_project(tmp_path: Path, server: BackgroundServer) -> None:
    with opened(tmp_path, server, 'key_env = "VERTEX_KEY"', VERTEX_KEY="k-1234567890") as client:
        assert client.generate("a red fox", model="gemini-nano-banana-2.1").ok
        (url,) = client.app.plan(Ask(prompt="a fox", connection="vx")).urls
    assert url.startswith(f"{server.url}/v1beta1/publishers/google/models/")


def test_imagen_makes_several_pictures_in_one_call_and_counts_them(vertex: Client, server: BackgroundServer) -> None:
    result = vertex.generate("a red fox", model="imagen-4.0-generate-001", count=6, aspect_ratio="16:9", seed=7)
    assert [len(call.images) for call in result.calls] == [4, 2]
    assert {(image.width, image.height) for image in result.images} == {(1408, 768)}
    assert result.cost == Decimal("0.24")
    assert len({image.sha256 for image in result.images}) == 6
    sent = vertex.app.store.journal.request(result.calls[0].call_id)
    assert sent["parameters"] == {
        "sampleCount": 4,
        "aspectRatio": "16:9",
        "includeRaiReason": True,
        "seed": 7,
        "addWatermark": False,
    }


def test_every_parameter_of_the_protocol_can_be_set(vertex: Client) -> None:
    parameters = {
        "negativePrompt": "snow",
        "personGeneration": "allow_all",
        "guidanceScale": 5.0,
        "safetySetting": "block_only_high",
        "language": "en",
        "includeSafetyAttributes": True,
        "outputOptions.mimeType": "image/jpeg",
        "outputOptions.compressionQuality": 80,
        "enhancePrompt": True,
        "addWatermark": True,
        "labels.team": "design",
    }
    result = vertex.generate("a red fox", model="imagen-4.0-generate-001", resolution="2K", parameters=parameters)
    assert (result.images[0].mime_type, result.images[0].width) == ("image/jpeg", 2048)
    document = vertex.app.store.journal.request(result.calls[0].call_id)
    assert document["labels"] == {"team": "design"}
    assert document["parameters"]["outputOptions"] == {"mimeType": "image/jpeg", "compressionQuality": 80}


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"guidanceScal": 5}, "Did you mean 'guidanceScale'"),
        ({"sampleCount": 9}, "sampleCount must be 1 to 4"),
        ({"storageUri": "gs://b/p"}, "leave storageUri out"),
        ({"personGeneration": "everyone"}, "accepted: dont_allow, allow_adult, allow_all"),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused_before_anything_is_sent(
    vertex: Client, server: BackgroundServer, parameters: dict[str, object], words: str
) -> None:
    before = len(server.requests)
    with pytest.raises(InvalidRequestError, match=words) as caught:
        vertex.generate("a red fox", model="imagen-4.0-generate-001", parameters=parameters)
    assert (caught.value.code, len(server.requests)) == ("invalid.parameter", before)


def test_gemini_takes_parameters_too(vertex: Client) -> None:
    result = vertex.generate(
        "a red fox",
        model="gemini-nano-banana-2.1",
        parameters={"temperature": 0.5, "imageConfig.personGeneration": "ALLOW_NONE"},
    )
    document = vertex.app.store.journal.request(result.calls[0].call_id)
    assert document["generationConfig"]["temperature"] == 0.5
    assert document["generationConfig"]["imageConfig"] == {"personGeneration": "ALLOW_NONE"}
    with pytest.raises(InvalidRequestError, match="tempature"):
        vertex.generate("a red fox", model="gemini-nano-banana-2.1", parameters={"tempature": 0.5})


def test_a_long_prompt_is_refused_by_its_tokens(vertex: Client) -> None:
    with pytest.raises(InvalidRequestError, match="more than 480 tokens"):
        vertex.generate("a red fox " * 400, model="imagen-4.0-generate-001")


def test_a_filter_says_its_reason(vertex: Client) -> None:
    with pytest.raises(BlockedError, match="Support codes: 39322892"):
        vertex.generate("a man fishing", model="imagen-4.0-generate-001", parameters={"personGeneration": "dont_allow"})


@pytest.fixture
def fox(vertex: Client) -> Image:
    return vertex.generate("a red fox in a meadow", model="imagen-4.0-generate-001", seed=3).images[0]


@pytest.mark.parametrize("mask", ["foreground", "background"])
def test_a_picture_is_edited_where_the_mask_says(vertex: Client, fox: Image, mask: str) -> None:
    edited = vertex.edit(
        "a red hat", images=[fox], model="imagen-3.0-capability-001", mask=mask, unlisted=True,
        parameters={"editMode": "EDIT_MODE_INPAINT_INSERTION", "baseSteps": 35},
    )  # fmt: skip
    assert edited.images[0].sha256 != fox.sha256
    references = vertex.app.store.journal.request(edited.calls[0].call_id)["instances"][0]["referenceImages"]
    assert [each["referenceType"] for each in references] == ["REFERENCE_TYPE_RAW", "REFERENCE_TYPE_MASK"]
    assert references[1]["maskImageConfig"] == {"maskMode": f"MASK_MODE_{mask.upper()}"}


def test_a_mask_of_ones_own_goes_with_it(vertex: Client, fox: Image) -> None:
    mask = vertex.generate("white", connection="sandbox").images[0]
    edited = vertex.edit("a red hat", images=[fox], model="imagen-3.0-capability-001", mask=mask, unlisted=True)
    references = vertex.app.store.journal.request(edited.calls[0].call_id)["instances"][0]["referenceImages"]
    assert references[1]["maskImageConfig"] == {"maskMode": "MASK_MODE_USER_PROVIDED"}


def test_a_picture_is_made_larger(vertex: Client, fox: Image) -> None:
    larger = vertex.edit("", images=[fox], model="imagen-4.0-upscale-preview", upscale=2, unlisted=True).images[0]
    with larger.stored.open("rb") as file:
        assert measure(file).size.width == 2 * fox.width


def test_what_only_vertex_serves_is_not_asked_of_others(
    vertex: Client, fox: Image, environment: dict[str, str]
) -> None:
    with pytest.raises(UnsupportedError, match="served by Vertex AI only"):
        vertex.edit("a hat", images=[fox], connection="google", model="imagen-3.0-capability-001", unlisted=True)
    with pytest.raises(UnsupportedError, match="works on a picture"):
        vertex.generate("a hat", model="imagen-3.0-capability-001", unlisted=True)


def test_a_retired_name_is_replaced_on_the_gemini_api_with_a_notice(environment: dict[str, str]) -> None:
    with Client(environment={**environment, "GEMINI_API_KEY": "k-1234567890"}) as client:
        plan = client.app.plan(Ask(prompt="a fox", model="imagen-4.0-generate-001"))
    assert plan.model_id == "gemini-nano-banana-2.1"
    assert "was shut down on 2026-08-17" in plan.warnings[0]


def test_a_relay_that_serves_imagen_is_asked_in_its_protocol(tmp_path: Path) -> None:
    picture = base64.b64encode(base64.b64decode(PICTURE)).decode()
    answer = {
        "predictions": [{"mimeType": "image/png", "bytesBase64Encoded": picture}, {"raiFilteredReason": "No. 42"}]
    }
    with serving(reply(answer)) as relay:
        home = tmp_path / "relay"
        home.mkdir()
        (home / "config.toml").write_text(f'[connections.r]\nbase_url = "{relay.url}"\nkey_env = "RELAY_KEY"\n')
        with Client(connection="r", environment={"LIMNER_HOME": str(home), "RELAY_KEY": "k-1234567890"}) as client:
            result = client.generate("a fox", model="imagen-4.0-generate-001", count=2, seed=5)
    (request,) = relay.requests
    assert request.target == "/v1beta/models/imagen-4.0-generate-001:predict"
    assert "seed" not in request.document["parameters"]
    assert len(result.images) == 1
    assert result.cost == Decimal("0.04")
    assert any("No. 42" in warning for warning in result.warnings)


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('location = "eu"', "A location needs a project"),
        ('project = "My Project"', "not the name of a project"),
        ('preset = "new-api"\nproject = "p"', "belong to the preset 'vertex'"),
    ],
)
def test_a_wrong_place_is_refused(tmp_path: Path, server: BackgroundServer, more: str, words: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    preset = "" if "preset" in more else 'preset = "vertex"\n'
    (home / "config.toml").write_text(f'[connections.vx]\nbase_url = "https://a.b"\n{preset}{more}\n')
    with pytest.raises(ConfigError, match=words):
        Client(environment={"LIMNER_HOME": str(home)})
