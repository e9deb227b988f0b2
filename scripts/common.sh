# shellcheck shell=bash
# What bootstrap, install and uninstall share. Sourced, never run.

# shellcheck disable=SC2034 # used by the scripts that source this
readonly EX_USAGE=64 EX_UNAVAILABLE=69

say() { printf 'firedrill: %s\n' "$*" >&2; }

# die STATUS MESSAGE...
die() {
  local status=$1
  shift
  say "$@"
  exit "$status"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Ends with 69 where no Docker engine answers.
require_docker() {
  have docker || die "$EX_UNAVAILABLE" "docker is missing; 'scripts/bootstrap containers' installs it"
  timeout 10 docker version >/dev/null || die "$EX_UNAVAILABLE" "no Docker engine answers; start it, or set DOCKER_HOST"
}

# image_names CHECKOUT: the names of the images, firedrill/NAME, one a line.
image_names() {
  sed -n 's/^FROM .* AS \(.*\)/\1/p' "$1/compose/images/Dockerfile" | grep -vxE 'programs|base|with-.*'
}

# source_version CHECKOUT: what its programs say of themselves, once they are built.
source_version() { sed -n 's/.* version = "\(.*\)"$/\1/p' "$1/Sources/Engine/Release.swift"; }

# Whether somebody could answer a question; asked once, since the functions below redirect their input.
interactive=false
[ ! -t 0 ] || interactive=true

is_root() { [ "$(id -u)" -eq 0 ]; }

# True when root's rights can be had: directly, or by sudo without a question that nobody would answer.
can_be_root() {
  is_root && return 0
  have sudo || return 1
  $interactive || sudo -n true 2>/dev/null
}

# Runs its arguments as root. Without a terminal sudo must not wait for a password.
as_root() {
  if is_root; then
    "$@"
  elif $interactive; then
    sudo -- "$@"
  else
    sudo -n -- "$@"
  fi
}

# apt-get without questions; needrestart (Ubuntu) is kept from restarting services that are not ours. In a session of
# its own, so that Ctrl-C does not leave packages half installed: the caller ends when apt is done.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C.UTF-8 \
    setsid --wait apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confold "$@" </dev/null
}

# What apt-get would do, one line a package: `Inst NAME [OLD VERSION] (...)`, `Remv NAME ...`, `Purg NAME ...`.
# Needs no rights.
apt_plan() { LC_ALL=C.UTF-8 apt-get -s -q -o Debug::NoLocking=true "$@" </dev/null; }

# Installed packages, sorted, as apt names them: `name`, or `name:arch` when not of the machine's architecture.
installed_packages() {
  dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' \
    | sed -n -e "s/:$(dpkg --print-architecture)\$//" -e 's/^installed //p' | LC_ALL=C sort -u
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# True when a service of the machine runs, under systemd or without it.
service_runs() {
  if [ -d /run/systemd/system ]; then
    systemctl is-active --quiet "$1.service"
  else
    [ -x "/etc/init.d/$1" ] && "/etc/init.d/$1" status >/dev/null 2>&1
  fi
}

# The folder of our state files (what was installed); not created here.
state_dir() {
  local home=${HOME:-}
  [ -n "$home" ] || home=$(getent passwd "$(id -u)" | cut -d: -f6)
  printf '%s/firedrill\n' "${XDG_STATE_HOME:-$home/.local/state}"
}

# Removes what a manifest names, and the manifest. Its lines: `file PATH` and `dir PATH`, in the order of installation;
# folders go only when they are empty.
remove_installed() {
  local kind path count=0
  [ -s "$1" ] || return 0
  while read -r kind path; do
    case $kind in
      file) if [ -e "$path" ] || [ -L "$path" ]; then rm -f -- "$path" && count=$((count + 1)); fi ;;
      dir) if [ -d "$path" ]; then rmdir -- "$path" 2>/dev/null || true; fi ;;
      *) die 70 "$1 has a line that is none of ours: $kind $path" ;;
    esac
  done < <(tac "$1")
  rm -f -- "$1"
  say "removed $count files of the earlier installation"
}

# What the bootstrap puts there while apt runs: see hold_servers and hold_cluster.
readonly POLICY=/usr/sbin/policy-rc.d
readonly POLICY_MARK='Put here by the bootstrap of Firedrill'
readonly CLUSTER_DIR=/etc/postgresql-common/createcluster.d
readonly CLUSTER_FILE=$CLUSTER_DIR/firedrill-bootstrap.conf

remove_holds() {
  if grep -qs "$POLICY_MARK" "$POLICY"; then as_root rm -f "$POLICY"; fi
  if [ -e "$CLUSTER_FILE" ]; then as_root rm -f "$CLUSTER_FILE"; fi
  as_root rmdir --ignore-fail-on-non-empty "$CLUSTER_DIR" 2>/dev/null || true
  as_root rmdir --ignore-fail-on-non-empty "${CLUSTER_DIR%/*}" 2>/dev/null || true
}

# Removes what a bootstrap left that was ended by `kill -9` and whose apt has come to its end too.
sweep_holds() {
  local process
  if [ ! -e "$CLUSTER_FILE" ] && ! grep -qs "$POLICY_MARK" "$POLICY"; then return 0; fi
  process=$(sed -n "s/^# $POLICY_MARK (process \([0-9]*\)).*/\1/p" "$POLICY" 2>/dev/null) || true
  if [ -n "$process" ] && [ -d "/proc/$process" ]; then return 0; fi
  if pgrep -x apt-get >/dev/null 2>&1 || ! can_be_root; then return 0; fi
  remove_holds
}
