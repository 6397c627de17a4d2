# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it. Leaves the caller in the top folder of the sources.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
top=$PWD
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1

say() {
	printf '== %s\n' "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 2
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# The newest Python that is new enough, the user's choice first. Prints its path.
find_python() {
	local name
	for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
		if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
			"$name" -c 'import sys; print(sys.executable)'
			return
		fi
	done
	die "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3"
}

# What a virtual environment for these groups of pyproject.toml is made of: the Python and the requirements.
venv_wanted() {
	local python
	python=$(find_python)
	"$python" -VV
	"$python" tools/requirements.py "$@"
}

# venv_is_current FOLDER GROUP...
venv_is_current() {
	local folder=$1
	shift
	[ "$(cat "$folder/worldgate-requirements" 2>/dev/null)" = "$(venv_wanted "$@")" ]
}

# make_venv FOLDER GROUP...: made anew when the Python or the requirements have changed; else nothing happens.
make_venv() {
	local folder=$1
	shift
	venv_is_current "$folder" "$@" && return
	say "making $folder"
	"$(find_python)" -m venv --clear "$folder"
	"$folder/bin/python" tools/requirements.py "$@" >"$folder/requirements.txt"
	"$folder/bin/python" -m pip install --quiet --requirement "$folder/requirements.txt" ||
		die "pip could not install what $folder/requirements.txt lists; it needs a network or an index of packages"
	venv_wanted "$@" >"$folder/worldgate-requirements"
}

# Every C source and header, ended by NUL.
c_files() {
	find . \( -path './.*' -o -path ./build \) -prune -o -name '*.[ch]' -not -name '*.cdef.h' -print0
}
