import base64
import json
import os
from pathlib import Path
from urllib.request import Request, urlopen

request = Request(
    os.environ["BENCH_URL"] + "/v1beta/models/gemini-3.1-flash-image:generateContent",
    data=json.dumps({"contents": [{"parts": [{"text": "a red fox in snow"}]}]}).encode(),
    headers={"x-goog-api-key": "bench", "Content-Type": "application/json"},
)
with urlopen(request, timeout=300) as reply:
    parts = json.load(reply)["candidates"][0]["content"]["parts"]
picture = next(part["inlineData"] for part in parts if "inlineData" in part)
Path(os.environ["BENCH_OUT"], "fox.png").write_bytes(base64.b64decode(picture["data"]))
