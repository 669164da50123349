#!/bin/sh
# Builds the packages that the tests use, into packages. Needs cargo.
set -eu
cd "$(dirname "$0")"
rm -rf packages
for schema in "newsroom ../../crates/newsroom/template/schema" "kit test/schema" "fifty test/schema-fifty"; do
  set -- $schema
  cargo run -q -p judi-sdkgen --example generate_js -- "$2" "packages/$1" "packages/registry-$1" "${REGISTRY_URL:-http://127.0.0.1:8099}"
done
