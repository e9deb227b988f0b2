#!/usr/bin/env bash
# Installs Firedrill from the folder this file lies in. Needs no Swift; the Debian packages that a lab runs on are
# installed if they are missing. A file that is there and isn't ours is never overwritten.
#
#   ./install.sh [--prefix DIR] [--no-packages]      default: $PREFIX, else ~/.local, for root /usr/local
# Undo: DIR/share/firedrill/scripts/uninstall
set -euo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$source_dir/share/firedrill/scripts/common.sh"

prefix=${PREFIX:-}
packages=true
while [ $# -gt 0 ]; do
  case $1 in
    --prefix)
      prefix=${2:-}
      [ -n "$prefix" ] || die "$EX_USAGE" "install: --prefix needs a folder"
      shift
      ;;
    --no-packages) packages=false ;;
    *) die "$EX_USAGE" "install: unknown argument '$1' (known: --prefix DIR, --no-packages)" ;;
  esac
  shift
done
if [ -z "$prefix" ]; then
  prefix=/usr/local
  is_root || prefix=${HOME:?}/.local
fi
case $prefix in
  /*) ;;
  *) prefix=$PWD/$prefix ;;
esac

if $packages; then "$source_dir/share/firedrill/scripts/bootstrap" libraries run; fi

state=$(state_dir)
manifest=$state/install-manifest
mkdir -p "$state"

# What an earlier installation put there is ours; everything else stays.
while IFS= read -r -d '' file; do
  target=$prefix/$file
  if { [ -e "$target" ] || [ -L "$target" ]; } && ! grep -qsxF "file $target" "$manifest"; then
    die 73 "install: $target is there and was not installed by Firedrill: nothing was changed"
  fi
done < <(cd "$source_dir" && find bin share -type f -print0)
remove_installed "$manifest"

# make_dir DIR: makes it and its parents, and writes down those that were missing.
make_dir() {
  [ ! -d "$1" ] || return 0
  make_dir "$(dirname "$1")"
  mkdir "$1"
  printf 'dir %s\n' "$1" >>"$manifest"
}

(umask 077 && : >"$manifest")
umask 022
count=0
while IFS= read -r -d '' file; do
  target=$prefix/$file
  make_dir "$(dirname "$target")"
  printf 'file %s\n' "$target" >>"$manifest"
  cp -p --no-preserve=ownership -- "$source_dir/$file" "$target"
  count=$((count + 1))
done < <(cd "$source_dir" && find bin share -type f -print0 | LC_ALL=C sort -z)

say "installed $count files under $prefix"
case :$PATH: in
  *:"$prefix/bin":*) say "next: firedrill doctor" ;;
  *) say "next: $prefix/bin/firedrill doctor ($prefix/bin is not in your PATH)" ;;
esac
