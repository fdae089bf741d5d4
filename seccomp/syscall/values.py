#!/usr/bin/env python3
"""Makes values.csv of the headers of this machine: names of argument values, by call and argument.

usage: values.py >values.csv        needs gcc, the kernel's headers and the C library's

The numbers are those of most machines; where some have others they are named in `except`, and get none there.
"""

import csv
import re
import subprocess
import sys

MIPS = "mips mips64 mips64n32 mipsel mipsel64 mipsel64n32"
ODD = MIPS + " parisc parisc64"
# calls, index, kind, headers, names, except. kind: one (a value has one name), bits (names are combined), byte (one in the lowest byte, bits above)
SETS = [
  ("prctl", 0, "one", ["linux/prctl.h"], r"PR_(SET|GET|CAPBSET|CAP_AMBIENT|SVE|SME|PAC|MCE|MPX|TASK|SCHED|RISCV|PPC)\w*", ""),
  ("arch_prctl", 0, "one", ["asm/prctl.h"], r"ARCH_\w+", ""),
  ("fcntl fcntl64", 1, "one", ["linux/fcntl.h"], r"F_(DUPFD|GETFD|SETFD|GETFL|SETFL|SETPIPE|GETPIPE|ADD_SEALS|GET_SEALS|NOTIFY|SETLEASE|GETLEASE|DUPFD_CLOEXEC)\w*",
   ""),
  ("clone", 0, "bits", ["linux/sched.h"], r"CLONE_\w+", "s390 s390x"),
  ("unshare", 0, "bits", ["linux/sched.h"], r"CLONE_\w+", ""),
  ("setns", 1, "bits", ["linux/sched.h"], r"CLONE_NEW\w+", ""),
  ("socket socketpair", 0, "one", ["sys/socket.h"], r"AF_\w+", ""),
  ("socket socketpair", 1, "byte", ["sys/socket.h"], r"SOCK_\w+", ODD),
  ("socketcall", 0, "one", ["linux/net.h"], r"SYS_\w+", ""),
  ("personality", 0, "byte", ["linux/personality.h"],
   r"PER_(LINUX|LINUX32|BSD)|UNAME26|ADDR_NO_RANDOMIZE|FDPIC_FUNCPTRS|MMAP_PAGE_ZERO|ADDR_COMPAT_LAYOUT|READ_IMPLIES_EXEC|ADDR_LIMIT_32BIT|SHORT_INODE|"
   r"WHOLE_SECONDS|STICKY_TIMEOUTS|ADDR_LIMIT_3GB", ""),
  ("seccomp", 0, "one", ["linux/seccomp.h"], r"SECCOMP_(SET|GET)_\w+", ""),
  ("ptrace", 0, "one", ["linux/ptrace.h"], r"PTRACE_(TRACEME|PEEK|POKE|CONT|KILL|ATTACH|DETACH|SYSCALL|SET|GET|SEIZE|INTERRUPT|LISTEN|SECCOMP|GETSIG)\w*", ""),
  ("bpf", 0, "one", ["linux/bpf.h"], r"BPF_(MAP_(CREATE|LOOKUP|UPDATE|DELETE|GET_NEXT)\w*|PROG_(LOAD|ATTACH|DETACH|TEST_RUN|QUERY|GET\w*)|OBJ_\w+|BTF_\w+|LINK_\w+)", ""),
  ("madvise", 2, "one", ["sys/mman.h"], r"MADV_\w+", ODD),
  ("ioctl", 1, "one", ["sys/ioctl.h"], r"TIOCSTI|TIOCLINUX|TIOCCONS|TIOC[GS]WINSZ|TIOC[GS]PGRP|TIOCSCTTY|TIOCNOTTY|TCGETS|TCSETS[WF]?|FIONREAD|FIONBIO|FIOCLEX|FIONCLEX", ODD + " ppc ppc64 ppc64le"),
  ("keyctl", 0, "one", ["linux/keyctl.h"], r"KEYCTL_\w+", ""),
]
# Other names of the same number, and names of no value.
LEFT_OUT = re.compile(r"AF_(LOCAL|FILE|ROUTE|MAX)|CLONE_(ARGS_SIZE_VER\d|CLEAR_SIGHAND|INTO_CGROUP|NEWTIME)|MADV_POPULATE\w*__|SOCK_TYPE_MASK|SOCK_(IOC|MAX)\w*|"
                      r"PR_(SET_VMA_ANON_NAME|\w*_(MASK|SHIFT|ENABLE|DISABLE|STATUS|BIT|MAX)|SET_MM_.+|SET_PTRACER_ANY|SCHED_CORE_.+|SVE_(VL|SET_VL_ON)\w*|SME_(VL|SET_VL_ON)\w*|"
                      r"CAP_AMBIENT_.+|MCE_KILL_.+|TASK_PERF\w*_X|PAC_AP\w+|RISCV_V_V.+|RISCV_CTX_.+|PPC_DEXCR_.+|RISCV_SCOPE.+)|"
                      r"PTRACE_([GS]ET(FP|FPX)?REGS|[GS]ET_THREAD_AREA|\w*OPTIONS_MASK|SYSCALL_INFO_.+|EVENT.*|O_.*|PEEKSIGINFO_SHARED|SET_SYSCALL_USER.*|GET_SYSCALL_USER.*)|KEYCTL_CAPS\d_.+|KEYCTL_SUPPORTS_.+|"
                      r"BPF_OBJ_NAME_LEN|BPF_LINK_TYPE_.*|BPF_BTF_.*X|ARCH_(CET|SHSTK|MAP_VDSO)\w*|FIOQSIZE|TIOCSER_TEMT|TIOCM_.*|TIOCPKT_.*")


def run(text, *options):
  return subprocess.run(["gcc", "-D_GNU_SOURCE", "-x", "c", *options, "-"], input=text, capture_output=True, text=True, check=True).stdout


def names_of(headers, pattern):
  """Macros and the members of enums, in the order of the headers."""
  include = "".join(f"#include <{h}>\n" for h in headers)
  macros = re.findall(r"^#define (\w+) ", run(include, "-E", "-dM"), re.M)
  members = re.findall(r"^\s*([A-Z]\w+)\s*(?:=[^,]*)?,?\s*$", run(include, "-E", "-P"), re.M)
  members += [m for body in re.findall(r"enum\s*\w*\s*\{([^}]*)\}", run(include, "-E", "-P")) for m in re.findall(r"([A-Z]\w+)\s*(?:=[^,]*)?(?:,|$)", body)]
  found = sorted({n for n in macros + members if re.fullmatch(pattern, n) and not LEFT_OUT.fullmatch(n)})
  program = include + "#include <stdio.h>\nint main(void){" + "".join(f'printf("{n} %llu\\n", (unsigned long long)(unsigned)({n}));' for n in found) + "}"
  subprocess.run(["gcc", "-D_GNU_SOURCE", "-x", "c", "-w", "-o", "/tmp/values.out", "-"], input=program, text=True, check=True)
  lines = subprocess.run(["/tmp/values.out"], capture_output=True, text=True, check=True).stdout.split("\n")
  return sorted((int(v), n) for n, v in (line.split() for line in lines if line))


def main():
  out = csv.writer(sys.stdout, lineterminator="\n")
  out.writerow(["calls", "index", "kind", "name", "value", "except"])
  for calls, index, kind, headers, pattern, but in SETS:
    seen = set()
    for value, name in names_of(headers, pattern):
      one = kind == "one" or (kind == "byte" and value < 256)
      # A name of several bits is no bit; of two names the first in the alphabet stands.
      if value in seen or (not one and value & (value - 1)):
        continue
      seen.add(value)
      out.writerow([calls, index, "one" if one else "bit", name, f"{value:#x}", but])


main()
