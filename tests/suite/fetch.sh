#!/bin/sh
# Fetches the official JSON-Schema-Test-Suite, which the source package of jsonschema on PyPI
# carries in full, into tests/suite/json-schema. It is not part of this repository.
set -e
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip download --quiet --no-deps --no-binary jsonschema --require-hashes -r requirements.txt -d "$tmp"
tar -xzf "$tmp"/jsonschema-*.tar.gz -C "$tmp"
rm -rf json-schema
mv "$tmp"/jsonschema-*/json json-schema
