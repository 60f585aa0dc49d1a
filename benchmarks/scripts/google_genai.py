import os
from pathlib import Path

from google import genai

client = genai.Client(api_key="bench", http_options={"base_url": os.environ["BENCH_URL"]})
reply = client.models.generate_content(model="gemini-3.1-flash-image", contents="a red fox in snow")
for part in reply.parts or ():
    if part.inline_data and part.inline_data.data:
        Path(os.environ["BENCH_OUT"], "fox.png").write_bytes(part.inline_data.data)
