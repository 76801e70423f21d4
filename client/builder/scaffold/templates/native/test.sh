#!/bin/sh
# A true event comes: starts what is tested (the arguments are its command), and a program of a new name again and again,
# until a line has its number, its parent's number and its name.
set -eu
TRIES=300 # one every 0.2 seconds

mkdir -p dist
folder=$(mktemp -d "$PWD/dist/test.XXXXXX")
name=seen-$$ # the kernel keeps 15 characters of it
printf '#!/bin/sh\nexit 0\n' >"$folder/$name"
chmod +x "$folder/$name"

"$@" >"$folder/shown" &
tested=$!
trap 'kill "$tested" 2>/dev/null || :; wait "$tested" || :; rm -rf "$folder"' EXIT

started=none
for try in $(seq "$TRIES"); do
    "$folder/$name" &
    started="$started|$!"
    wait "$!"
    sleep 0.2
    if grep -E "(^|[^0-9])($started)[^0-9]+$$[^0-9].*$name" "$folder/shown" >"$folder/seen"; then
        echo "ok: seen at try $try: $(head -n 1 "$folder/seen")"
        exit 0
    fi
    if ! kill -0 "$tested" 2>/dev/null; then
        echo "not ok: it ended before an event came: $*" >&2
        exit 1
    fi
done
echo "not ok: $TRIES programs were started, and none of them was shown by: $*" >&2
head -n 20 "$folder/shown" >&2
exit 1
