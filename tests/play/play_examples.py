"""The page's examples."""

import json

from symdiff.play.files import read

EXAMPLES = {item["name"]: item for group in json.loads(read("examples.json")) for item in group["items"]}
