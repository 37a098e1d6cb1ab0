# Sourced by the other scripts: finds or installs what Serre needs, then builds it.
#
# Installs Debian packages when root or sudo allows; otherwise prints the exact command and stops.

export LC_ALL=C.UTF-8
serre_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# mpirun refuses root and more processes than cores unless told that both are meant.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
# Several processes share two cores here; a process that waits should not hold one.
export OMPI_MCA_mpi_yield_when_idle=1

say() { printf '%s\n' "$*" >&2; }

# install_packages PACKAGE...: installs those that are missing.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local command="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" -eq 0 ]; then
        say "Installing: ${missing[*]}"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive $command >/dev/null
    elif sudo -n true 2>/dev/null; then
        say "Installing with sudo: ${missing[*]}"
        sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive $command >/dev/null
    else
        say "These packages are missing. Install them, then call this script again:"
        say "  sudo apt-get update && sudo $command"
        exit 1
    fi
}

# build [swift build options]: what every script runs is this one build.
build() {
    if ! command -v swift >/dev/null; then
        say "Swift 6.1 or newer is missing: install it from https://www.swift.org/install/linux/ and call this again."
        exit 1
    fi
    install_packages libopenmpi-dev openmpi-bin libopenblas-dev libgit2-dev libarchive-dev libssl-dev zlib1g-dev pkg-config git
    local log status=0
    log=$(mktemp)
    (cd "$serre_root" && swift build -c release -Xswiftc -enable-testing "$@") >"$log" 2>&1 || status=$?
    if [ $status -ne 0 ]; then
        grep -E 'error:' "$log" >&2 || tail -n 40 "$log" >&2
        say "The build failed; the whole log is $log"
        exit 1
    fi
    rm -f "$log"
}

serre() { "$serre_root/.build/release/serre" "$@"; }

# on_processes N serre-arguments...: the same program on N processes, ended if it hangs.
on_processes() {
    local count=$1
    shift
    timeout -k 5 600 mpirun -np "$count" "$serre_root/.build/release/serre" "$@"
}
