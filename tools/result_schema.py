# SPDX-License-Identifier: Apache-2.0
"""Writes the JSON Schema of the result file, docs/schema/result-1.json, anew. Run it with the Python of
.venv after a change of worldgate.experiment.result that old files survive; any other change needs a new
version of the schema."""

import json
from pathlib import Path

import msgspec

from worldgate.experiment.result import Result

if __name__ == "__main__":
    path = Path(__file__).parent.parent / "docs" / "schema" / "result-1.json"
    path.write_text(json.dumps(msgspec.json.schema(Result), indent=2) + "\n")
