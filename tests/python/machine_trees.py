# SPDX-License-Identifier: Apache-2.0
"""Faked /proc and /sys trees for the tests of the doctor and of the machine's facts."""

from pathlib import Path

from hypothesis import strategies as st

from worldgate.machine.finding import Files

# Every file that the machine's modules read.
NAMES = (
    "proc/cmdline",
    "proc/cpuinfo",
    "proc/loadavg",
    "proc/meminfo",
    "proc/stat",
    "proc/sys/kernel/osrelease",
    "proc/sys/kernel/perf_event_paranoid",
    "proc/sys/kernel/random/boot_id",
    "proc/sys/net/core/default_qdisc",
    "proc/sys/net/core/rmem_max",
    "proc/sys/net/core/wmem_max",
    "proc/sys/net/ipv4/tcp_congestion_control",
    "proc/sys/net/ipv4/tcp_rmem",
    "proc/sys/net/ipv4/tcp_wmem",
    "etc/os-release",
    "dev/sgx_enclave",
    "dev/tee0",
    "dev/sev-guest",
    "sys/bus/event_source/devices/power/events/energy-pkg",
    "sys/class/dmi/id/product_name",
    "sys/class/dmi/id/sys_vendor",
    "sys/class/hwmon/hwmon0/name",
    "sys/class/hwmon/hwmon0/power1_input",
    "sys/class/powercap/intel-rapl:0/energy_uj",
    "sys/class/powercap/intel-rapl:0/name",
    "sys/devices/system/clocksource/clocksource0/available_clocksource",
    "sys/devices/system/clocksource/clocksource0/current_clocksource",
    "sys/devices/system/cpu/cpufreq/boost",
    "sys/devices/system/cpu/cpufreq/policy0/scaling_governor",
    "sys/devices/system/cpu/intel_pstate/no_turbo",
    "sys/devices/system/cpu/vulnerabilities/meltdown",
    "sys/devices/system/cpu/vulnerabilities/spectre_v2",
    "sys/hypervisor/type",
    "sys/kernel/btf/vmlinux",
    "sys/kernel/debug/swiotlb/io_tlb_nslabs",
    "sys/kernel/debug/swiotlb/io_tlb_used",
    "sys/kernel/mm/transparent_hugepage/enabled",
)

# Words that the files do hold, so that made contents come close to real ones.
_WORDS = st.sampled_from(
    [
        "cpu ",
        "flags\t: sgx sev hypervisor",
        "model name\t: Example 9000",
        "vendor_id\t: AuthenticAMD",
        "CPU implementer\t: 0x41",
        "HugePages_Total: 5",
        "MemTotal: 9999999999999999999999 kB",
        "MemTotal: -1 kB",
        "PRETTY_NAME=",
        "swiotlb=",
        "swiotlb=force",
        "Vulnerable",
        "Mitigation: x",
        "[always]",
        "bbr",
        "performance",
        "1 2 3",
        "-1",
        "nan",
        "1e400",
        "0",
        "9" * 5000,
        "٣",
        "²",
        ":",
        "\n",
        " ",
    ]
)
contents = st.one_of(
    st.binary(max_size=200),
    st.lists(_WORDS, max_size=12).map(lambda words: " ".join(words).encode()),
    st.none(),  # no such file
)
trees = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, contents))


def plant(root: Path, tree: dict[str, bytes | None]) -> Files:
    """Writes the files of a tree below root; None makes a folder where a file should be."""
    for name, data in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if data is None:
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(data)
    return Files(root)


# A quiet machine of its own, where everything that can be read is good.
GOOD: dict[str, bytes | None] = {
    "proc/cmdline": b"quiet swiotlb=noforce\n",
    "proc/cpuinfo": b"processor\t: 0\nmodel name\t: Example 9000\nmicrocode\t: 0x1\nflags\t\t: fpu sgx\n",
    "proc/loadavg": b"0.01 0.02 0.00 1/100 4242\n",
    "proc/meminfo": b"MemTotal: 1024 kB\nHugePages_Total: 8\nHugePages_Free: 8\nHugepagesize: 2048 kB\n",
    "proc/stat": b"cpu  100 0 100 1000 0 0 0 1 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n",
    "proc/sys/kernel/osrelease": b"6.1.0-example\n",
    "proc/sys/kernel/perf_event_paranoid": b"0\n",
    "proc/sys/kernel/random/boot_id": b"0a1b2c3d-0000-4000-8000-000000000000\n",
    "proc/sys/net/core/default_qdisc": b"fq_codel\n",
    "proc/sys/net/core/rmem_max": b"16777216\n",
    "proc/sys/net/core/wmem_max": b"16777216\n",
    "proc/sys/net/ipv4/tcp_congestion_control": b"cubic\n",
    "proc/sys/net/ipv4/tcp_rmem": b"4096\t131072\t33554432\n",
    "proc/sys/net/ipv4/tcp_wmem": b"4096\t16384\t4194304\n",
    "etc/os-release": b'ID=example\nPRETTY_NAME="Example Linux 1"\n',
    "dev/sgx_enclave": b"",
    "sys/bus/event_source/devices/power/events/energy-pkg": b"event=0x02\n",
    "sys/class/hwmon/hwmon0/name": b"meter\n",
    "sys/class/hwmon/hwmon0/power1_input": b"1000\n",
    "sys/class/powercap/intel-rapl:0/energy_uj": b"123\n",
    "sys/class/powercap/intel-rapl:0/name": b"package-0\n",
    "sys/devices/system/clocksource/clocksource0/available_clocksource": b"tsc hpet\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": b"tsc\n",
    "sys/devices/system/cpu/cpufreq/boost": b"0\n",
    "sys/devices/system/cpu/cpufreq/policy0/scaling_governor": b"performance\n",
    "sys/devices/system/cpu/vulnerabilities/meltdown": b"Not affected\n",
    "sys/devices/system/cpu/vulnerabilities/spectre_v2": b"Mitigation: Retpolines\n",
    "sys/kernel/btf/vmlinux": b"",
    "sys/kernel/mm/transparent_hugepage/enabled": b"always [madvise] never\n",
}
