#!/bin/sh
# Print the Python with which the environment is made: PYTHON, or the first from 3.11 on that is on the PATH.
unfit=""
for name in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3 python}; do
  program=$(command -v "$name") || continue
  version=$("$program" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
  case "$version" in
    3.[0-9] | 3.10 | [012].*) unfit="$unfit $name is Python $version." ;;
    *)
      if "$program" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$program"
        exit 0
      fi
      unfit="$unfit $name has no venv: on Debian and Ubuntu, apt install python$version-venv."
      ;;
  esac
done
{
  if [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is no Python from 3.11 on that can make a virtual environment.$unfit"
  else
    echo "No Python from 3.11 on was found on the PATH.$unfit"
  fi
  echo "Get one, and run make again:"
  echo "  Debian, Ubuntu   sudo apt install python3 python3-venv"
  echo "  Fedora           sudo dnf install python3"
  echo "  macOS            brew install python"
  echo "  anywhere         uv python install 3.11"
  echo "One that is elsewhere is named: make PYTHON=/path/to/python"
} >&2
exit 1
