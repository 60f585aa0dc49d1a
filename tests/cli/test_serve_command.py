"""`limner serve` as a process of its own."""

from __future__ import annotations

import datetime
import http.client
import json
import signal
import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cli.running import Run
from server.asking import GENERATE, words
from server.process import ServeProcess, serving
from test_canary import forms

pytestmark = pytest.mark.slow

TOKEN = "Canary4TokenThatMustStayUnseen"
KEYS = {
    "Header": "AIzaCanary5KeyInAHeaderThatMustStayUnseen",
    "Bearer": "ya29.Canary6BearerThatMustStayUnseen",
    "Query": "sk-Canary7KeyInTheAddressThatMustStayUnseen",
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[ServeProcess]:
    with serving(tmp_path / "home") as process:
        yield process


def test_the_first_line_tells_where_it_listens_and_it_answers_there(running: ServeProcess) -> None:
    answer = running.client.generate("a red fox")
    assert answer.document["modelVersion"] == "sandbox-1"


def test_it_listens_on_this_machine_only(running: ServeProcess) -> None:
    """As the kernel tells it: 0100007F is 127.0.0.1."""
    tables = Path("/proc/net/tcp").read_text(encoding="ascii") + Path("/proc/net/tcp6").read_text(encoding="ascii")
    listening = [line.split()[1] for line in tables.splitlines() if line.split()[3] == "0A"]
    assert [address for address in listening if address.endswith(f":{running.port:04X}")] == [
        f"0100007F:{running.port:04X}"
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_well_when_it_is_told_to(running: ServeProcess, number: int) -> None:
    assert running.stop(number) == 0
    assert "Stopped." in running.log


def test_each_request_is_a_line_of_json_in_the_log(running: ServeProcess) -> None:
    answer = running.client.get("/v1beta/models")
    running.stop()
    events = [json.loads(line) for line in running.log.splitlines() if line.startswith("{")]
    (event,) = [each for each in events if each.get("id") == answer.headers["x-limner-request-id"]]
    assert (event["operation"], event["status"], event["method"]) == ("listModels", 200, "GET")


def test_no_key_stays_in_what_it_writes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    record = tmp_path / "golden.jsonl"
    with serving(home, "--record", str(record), LIMNER_DEBUG="1") as process:
        client = process.client
        for target, headers in (
            (GENERATE, {"x-goog-api-key": KEYS["Header"]}),
            (GENERATE, {"Authorization": f"Bearer {KEYS['Bearer']}"}),
            (f"{GENERATE}?key={KEYS['Query']}", {}),
            (f"/v1beta/models/m:nothing?key={KEYS['Query']}&key={KEYS['Query']}", {}),
            (f"/v1beta/batches/../x?KEY={KEYS['Query']}", {"x-goog-api-key": KEYS["Header"]}),
        ):
            client.post(target, words("a fox [[text-only]]"), headers=headers)
        client.post(GENERATE, b'{"contents": ', headers={"x-goog-api-key": KEYS["Header"]})
        upload = {"X-Goog-Upload-Protocol": "raw", "Content-Type": "image/png", "x-goog-api-key": KEYS["Header"]}
        assert client.post("/upload/v1beta/files", b"bytes", headers=upload).status == 200
        batch = {"batch": {"inputConfig": {"requests": {"requests": [{"request": words("a fox [[text-only]]")}]}}}}
        method = GENERATE.replace("generateContent", "batchGenerateContent")
        assert client.post(method, batch, headers={"x-goog-api-key": KEYS["Header"]}).status == 200
        process.stop()
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert record in written
    for key in (*KEYS.values(), TOKEN):
        needles = list(forms(key))
        assert [str(path) for path, text in written.items() if any(needle in text for needle in needles)] == []


def test_with_a_token_only_its_holder_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path / "home", LIMNER_SERVE_TOKEN=TOKEN) as process:
        assert process.client.get("/v1/models", headers={"x-goog-api-key": TOKEN}).status == 200
        assert process.client.get("/v1/models", headers={"x-goog-api-key": "another"}).status == 400
        arguments = Path(f"/proc/{process.process.pid}/cmdline").read_bytes()
        assert TOKEN.encode() not in arguments


def test_it_speaks_tls_with_a_certificate_and_its_key(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    options = ("--host", "127.0.0.1", "--tls-cert", str(certificate), "--tls-key", str(key))
    with serving(tmp_path / "home", *options) as process:
        assert process.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", process.port, context=trusting, timeout=30)
        connection.request("GET", "/v1/models", headers={"x-goog-api-key": "any"})
        assert connection.getresponse().status == 200
        connection.close()


def test_an_open_address_is_refused_without_a_token(limner: Run) -> None:
    ended = limner("serve", "--host", "0.0.0.0", "--port", "0")
    assert ended.code == 2
    assert "no token is set" in ended.err
    assert "LIMNER_SERVE_TOKEN" in ended.err


def test_a_token_must_be_long(limner: Run) -> None:
    ended = limner("serve", "--port", "0", LIMNER_SERVE_TOKEN="short")
    assert (ended.code, "too short" in ended.err) == (2, True)


def test_a_port_that_is_taken_is_said_to_be(limner: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = limner("serve", "--port", str(taken.getsockname()[1]))
    assert ended.code == 2
    assert "Cannot listen on 127.0.0.1" in ended.err
    assert "--port" in ended.err


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private
