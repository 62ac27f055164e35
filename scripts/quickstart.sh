#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs, builds, and runs the main job on the embedded default: a month of electricity curves of
# four public buildings, in two forms of export, lands in one GeoPackage.
set -eu
cd "$(dirname "$0")/.."

out=build/quickstart
orchestra=build/release/bin/orchestra
script=scripts/energy/load_curve.lua
territory=scripts/territories/example.lua

step() { printf '\n== %s\n' "$*"; }

step "installing what is missing"
sh scripts/packages.sh install run build show

step "building"
cmake --preset release -DORCHESTRA_TESTS=OFF >/dev/null # the tests need packages of their own
log=build/quickstart-build.log
cmake --build --preset release -j "$(nproc)" >"$log" || { tail -n 40 "$log"; exit 1; }
tail -n 1 "$log"

mkdir -p "$out"
for format in csv r50; do
    step "orchestra run $script --territory $territory --param format=$format"
    "$orchestra" run "$script" --territory "$territory" --param format=$format --summary
done

step "what was rejected: orchestra rejects $out/city.gpkg --pipeline energy.load_curve.csv"
"$orchestra" rejects "$out/city.gpkg" --pipeline energy.load_curve.csv

step "one question to the table: energy and carbon by meter"
sqlite3 -header -column "$out/city.gpkg" "
    select meter, count(*) steps, round(sum(kwh)) kwh, round(sum(kgco2e)) kgco2e,
           sum(quality = 'missing') missing
    from load_curve group by meter order by kwh desc"

cat <<END

The result is $PWD/$out/city.gpkg
  open it with QGIS (Layer > Add Layer > Add Vector Layer), or: sqlite3 $out/city.gpkg
  the runs it holds:  $orchestra runs $out/city.gpkg
END
