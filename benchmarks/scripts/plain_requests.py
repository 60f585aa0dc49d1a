import base64
import os
from pathlib import Path

import requests

reply = requests.post(
    os.environ["BENCH_URL"] + "/v1beta/models/gemini-3.1-flash-image:generateContent",
    headers={"x-goog-api-key": "bench"},
    json={"contents": [{"parts": [{"text": "a red fox in snow"}]}]},
    timeout=300,
)
reply.raise_for_status()
parts = reply.json()["candidates"][0]["content"]["parts"]
picture = next(part["inlineData"] for part in parts if "inlineData" in part)
Path(os.environ["BENCH_OUT"], "fox.png").write_bytes(base64.b64decode(picture["data"]))
