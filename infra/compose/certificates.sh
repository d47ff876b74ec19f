#!/bin/sh
# An authority of our own, and from it the keys of the servers and of whoever administers them.
# In production the certificates come from an authority that exists, and this is not used.
#
#   certificates.sh AUTHORITY_DIR KEYS_DIR
#
# What is there is left as it is. Everybody may read the authority's certificate; its key is thrown
# away, so nothing more can be signed.
set -eu
authority=$1 keys=$2
days=825
if [ -e "$authority/ca.pem" ]; then
  echo 'certificates: they are there'
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# certificate NAME UID [SUBJECT_ALTERNATIVE_NAMES]: KEYS_DIR/NAME.pem, the key and its certificate.
certificate() {
  key "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  {
    echo 'keyUsage=critical,digitalSignature'
    echo 'extendedKeyUsage=serverAuth,clientAuth'
    echo "${3:+subjectAltName=$3}"
  } > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -days $days -extfile "$1.ext" \
    -out "$1.crt" 2> /dev/null
  cat "$1.key" "$1.crt" > "$1.pem"
  install -m 0400 -o "$2" "$1.pem" "$keys/$1.pem"
}

key ca.key
openssl req -x509 -new -key ca.key -subj '/CN=Onestop, for one machine' -days $days \
  -addext 'keyUsage=critical,keyCertSign,cRLSign' -out ca.pem
# The user of the image apache/kafka is 1000, that of mongo 999, ours 10001.
certificate kafka 1000 DNS:kafka,DNS:kafka-2,DNS:kafka-3
certificate mongo 999 DNS:mongo
certificate operator 10001
install -m 0444 ca.pem "$authority/ca.pem"
echo 'certificates: made'
