#!/usr/bin/env bash
# Makes a certificate authority, the broker's certificate and one for each name given.
# Usage: certificates.sh DIR BROKER_HOST NAME...     e.g. certificates.sh certs broker.example operator site/s1/rack/r1
# A common name has 64 characters at most: keep names of sites and racks short.
# Keep DIR/ca.key.pem off the broker: who has it can make a certificate for any rack.
set -euo pipefail
dir=$1 host=$2
shift 2
days=${DAYS:-825}
mkdir -p "$dir"
chmod 700 "$dir"
cd "$dir"
umask 077

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
[ -e ca.key.pem ] || { key ca.key.pem; openssl req -x509 -new -key ca.key.pem -subj "/CN=grid CA" -days 3650 -out ca.pem; }

# $1: file name, $2: common name, $3: extensions
issue() {
  [ -e "$1.pem" ] && return
  key "$1.key.pem"
  openssl req -new -key "$1.key.pem" -subj "/CN=${2//\//\\/}" | openssl x509 -req -CA ca.pem -CAkey ca.key.pem -CAcreateserial -days "$days" -extfile <(printf '%s\n' "$3") -out "$1.pem" 2>/dev/null
  echo "$1.pem  $2"
}

case $host in
  [0-9]*.[0-9]*.[0-9]*.[0-9]* | *:*) issue broker "$host" "subjectAltName=IP:$host"$'\n'"extendedKeyUsage=serverAuth" ;;
  *) issue broker "$host" "subjectAltName=DNS:$host"$'\n'"extendedKeyUsage=serverAuth" ;;
esac
for name in "$@"; do issue "${name//\//-}" "$name" "extendedKeyUsage=clientAuth"; done
