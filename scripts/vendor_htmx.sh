#!/bin/sh
# Makes the studio's one vendored file anew: htmx and its extension for server-sent events, from their npm package.
set -eu
version=4.0.1
target="$(cd "$(dirname "$0")/.." && pwd)/src/limner/studio/static/vendor"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "htmx.org@$version" >/dev/null && tar xzf ./*.tgz)
{
  echo "/* htmx $version and its server-sent events extension in one file: as two, pages sometimes start without the second."
  echo "   Licence: 0BSD, vendor/LICENSE.htmx. Made by scripts/vendor_htmx.sh; do not edit. */"
  cat "$work/package/dist/htmx.min.js"
  echo
  cat "$work/package/dist/ext/hx-sse.min.js"
} | sed 's,//# sourceMappingURL=.*,,' >"$target/htmx-sse.js"
cp "$work/package/LICENSE" "$target/LICENSE.htmx"
(cd "$target" && sha256sum htmx-sse.js LICENSE.htmx >SHA256SUMS)
