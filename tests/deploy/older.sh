#!/bin/sh
# Builds the program of an older commit, with which a rolling upgrade begins: older.sh COMMIT TARGET PROGRAM
#
# It shares the target folder with this build, so that no dependency is built twice. Called 0.0.9, its crates are others to
# cargo than ours; the program beside ours is ours again after our next build.
set -eu
commit=$1 target=$2 program=$3
source=$(dirname "$program")/source
if ! git cat-file -e "$commit" 2>/dev/null; then
    echo "the older release $commit is not in this copy's history: the upgrade is tested from a full clone" >&2
    exit 1
fi
rm -rf "$source"
mkdir -p "$source"
git archive "$commit" | tar -x -C "$source"
sed -i '0,/^version = "0.1.0"/s//version = "0.0.9"/' "$source/Cargo.toml"
cd "$source"
CARGO_TARGET_DIR=$target cargo build --package swath
cp "$target/debug/swath" "$program.new"
mv "$program.new" "$program"
cd "$target"
rm -rf "$source"
