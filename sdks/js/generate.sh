#!/bin/sh
# Builds the packages that the tests use, into test/packages. Needs cargo.
set -eu
cd "$(dirname "$0")"
rm -rf test/packages
for schema in "newsroom ../../crates/newsroom/template/schema" "kit test/schema" "fifty test/schema-fifty"; do
  set -- $schema
  cargo run -q -p judi-sdkgen --example generate_js -- "$2" "test/packages/$1" "test/packages/registry-$1" "${REGISTRY_URL:-http://127.0.0.1:8099}"
done
