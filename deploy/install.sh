# Sourced by ./test and ./demo: installs Debian packages that are missing.

# need PACKAGE:COMMAND_OR_PATH … — installs each package whose command or path is not there.
need() {
  local missing=() entry what
  for entry in "$@"; do
    what=${entry#*:}
    if [ "${what#/}" != "$what" ]; then [ -e "$what" ]; else PATH=$PATH:/usr/sbin command -v "$what" >/dev/null; fi || missing+=("${entry%%:*}")
  done
  [ ${#missing[@]} = 0 ] && return 0
  command -v apt-get >/dev/null || { echo "please install: ${missing[*]}" >&2; return 1; }
  local root=()
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && root=(sudo -n); }
  echo "installing ${missing[*]}" >&2
  # Packages that start a server at once would hold its port: this machine's own servers are left as they are.
  local log; log=$(mktemp)
  "${root[@]}" apt-get update >"$log" 2>&1
  if ! DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "could not install ${missing[*]}" >&2
    return 1
  fi
}
