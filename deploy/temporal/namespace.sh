#!/bin/sh
# The namespace with its retention, and the search attributes without which no order can start.
# Harmless when repeated. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where.
set -eu
retention=30d

# A server that has just started answers late, and one that has just made a namespace knows it late.
patiently() {
  tries=0
  until said=$("$@" 2>&1); do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "$said" >&2; exit 1; }
    sleep 1
  done
}

patiently temporal operator cluster health
if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$retention"
fi
patiently temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$retention"

attribute() {
  patiently temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"
}

attribute OrderState Keyword
attribute Channel Keyword
attribute NeedsPerson Bool
echo "namespace $TEMPORAL_NAMESPACE is ready"
