#!/bin/sh
# ./convert_onnx_to_rknn.sh MODEL.onnx [CALIBRATION_DIR]
# The guide's command, for people and for the V620's deploy_model.sh: it needs no terminal.
# Converts with the workspace's samples (or those of CALIBRATION_DIR) in the precision that
# config.toml names, makes models/NAME.rknn a link to what was built, and puts it into service
# when its measured error is within the limits and the rover is known to stand still.
# Exit status: 0 done, or ready to be deployed; otherwise one sentence on standard error.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "Usage: $0 MODEL.onnx [CALIBRATION_DIR]" >&2
    exit 2
fi
# Over ssh a path may be meant from the checkout instead of from the home directory.
place() {
    if [ ! -e "$1" ] && [ -e "$here/$1" ]; then
        printf '%s\n' "$here/$1"
    else
        printf '%s\n' "$1"
    fi
}
model=$(place "$1")
set -- "${2-}"
if [ -n "$1" ]; then
    set -- --calibration-dir "$(place "$1")"
else
    shift
fi
exec "$here/run" -w "${ROVERTUI_WORKSPACE:-$here}" convert "$model" "$@" --link --deploy </dev/null
