# SPDX-License-Identifier: Apache-2.0
# The tiers of tools/test and tools/soak, one function each. Each leaves "PASSED FAILED SKIPPED" in build/results/TIER.
results=build/results
PATH=$top/.venv/bin:$PATH

# record TIER PASSED FAILED SKIPPED
record() {
	echo "$2 $3 $4" >"$results/$1"
}

# record_skipped TIER REASON
record_skipped() {
	say "$1: skipped: $2"
	record "$1" 0 0 1
}

tier_lint() {
	tools/lint | tee build/lint.log || true
	record lint $(sed -n '$s/\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped/\1 \2 \3/p' build/lint.log)
}

# c_build NAME SETUP-OPTION...: builds the C tests and fuzz targets in build/NAME with warnings as errors.
c_build() {
	local name=$1
	shift
	say "building build/$name"
	if ! {
		[ -e "build/$name/build.ninja" ] || meson setup "build/$name" -Dtests=true -Dwerror=true "$@"
		ninja -C "build/$name" --quiet
	} >"build/$name.log" 2>&1; then
		cat "build/$name.log"
		return 1
	fi
}

# c_run TIER NAME ARGUMENT...: runs the tests of build/NAME; arguments are those of `meson test`.
c_run() {
	local tier=$1 name=$2
	shift 2
	meson test -C "build/$name" --no-rebuild --print-errorlogs "$@" || true
	.venv/bin/python tools/count_tests.py meson "build/$name/meson-logs/testlog.json" >"$results/$tier"
}

build_sanitized() {
	c_build sanitized -Dpython=false -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
}

# The only tier whose tests may look at the clock: one at a time.
tier_native() {
	c_build native
	c_run native native --num-processes 1
}

tier_sanitized() {
	build_sanitized
	c_run sanitized sanitized
}

tier_aarch64() {
	local options=(--cross-file cross/aarch64-linux-gnu.ini)
	if [ "$(uname -m)" = aarch64 ]; then
		record_skipped aarch64 "this machine is one: the native tests are these"
		return
	fi
	if ! have aarch64-linux-gnu-gcc || ! have qemu-aarch64; then
		record_skipped aarch64 "gcc-aarch64-linux-gnu or qemu-user is not installed"
		return
	fi
	if tools/aarch64-libcrypto; then
		options+=(--cross-file build/aarch64-libcrypto/cross.ini)
	else
		say "aarch64: no libcrypto for it: only core/portable is tested there"
	fi
	c_build aarch64 "${options[@]}" -Dpython=false -Dcrypto=auto
	c_run aarch64 aarch64 --num-processes 1
}

# pytest_away TIER ARGUMENT...: the tests get the installed wheel and nothing of the sources: a copy of tests/ and of the
# documents, elsewhere.
pytest_away() {
	local tier=$1 away item status=0
	shift
	make_venv .venv-test runtime test
	tools/build .venv-test
	away=$(mktemp -d "${TMPDIR:-/tmp}/worldgate-test.XXXXXX")
	for item in ./*.md ./*.toml tests docs examples; do
		[ ! -e "$item" ] || cp -R "$item" "$away/"
	done
	(cd "$away" && PATH=$top/.venv-test/bin:$PATH "$top/.venv-test/bin/python" -P -m pytest \
		--junitxml "$top/build/$tier.xml" "$@") || status=$?
	rm -rf "$away"
	[ $status -le 1 ] || return 1 # pytest itself failed: no counts
	.venv/bin/python tools/count_tests.py junit "build/$tier.xml" >"$results/$tier"
}

tier_python() {
	pytest_away python --ignore tests/soak
}

tier_tour() {
	tools/tour --quick --output build/tour
	record tour 1 0 0
}

# The soak tier's. tools/soak sets WORLDGATE_SOAK and WG_TEST_CASES.
tier_soak_native() {
	c_build native
	c_run soak_native native --suite worldgate:core --suite worldgate:system --num-processes 1 --timeout-multiplier 0
}

tier_soak_sanitized() {
	local target name passed=0 failed=0
	build_sanitized
	for target in build/sanitized/tests/fuzz/fuzz_*; do
		[ -f "$target" ] && [ -x "$target" ] || continue
		name=${target##*/fuzz_}
		say "fuzz_$name"
		# The case that ended it is kept.
		if "$target" -n "$WG_TEST_CASES" -c "build/crash-$name" "tests/fuzz/corpus/$name"; then
			passed=$((passed + 1))
		else
			say "fuzz_$name failed; its case is in build/crash-$name"
			failed=$((failed + 1))
		fi
	done
	record soak_sanitized $passed $failed 0
}

tier_soak_python() {
	pytest_away soak_python tests/soak
}

# run_tiers TIER...: all of them, whatever fails. The last line sums what passed, failed and was skipped; the status is
# not 0 when anything failed.
run_tiers() {
	local tier passed=0 failed=0 skipped=0 p f s
	for tier in "$@"; do
		declare -F "tier_$tier" >/dev/null || die "no tier '$tier'"
	done
	tools/setup test
	mkdir -p "$results"
	for tier in "$@"; do
		say "$tier"
		rm -f "$results/$tier"
		# A process of its own, so that what fails in it ends it.
		bash -c 'source tools/lib.sh; source tools/tiers.sh; "tier_$0"' "$tier" || true
		# A tier that ended before it counted has failed.
		[ -s "$results/$tier" ] || record "$tier" 0 1 0
	done
	say "in sum"
	for tier in "$@"; do
		read -r p f s <"$results/$tier"
		printf '%-16s %5d passed, %d failed, %d skipped\n' "$tier" "$p" "$f" "$s"
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	done
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}
