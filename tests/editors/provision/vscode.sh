#!/usr/bin/env bash
# Fetches a real VS Code workbench for the tests, and builds the extension that they install; quick when both are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
.venv/bin/python -m tests.editors.provision.vscode
