#!/bin/sh
# Both names lead to the server that follows: the other one's node only passes connections on. Run in the lab folder.
set -eu

# The one that has not shown a mark in the primary's log after a second.
mark=$(firedrill psql postgres -- -d postgres -Atc "SELECT pg_logical_emit_message(true, 'operator', 'mark')")
sleep 1
for x in a b; do
  applied=$(firedrill psql "postgres-replica-$x" -- -d postgres -Atc "SELECT pg_last_wal_replay_lsn() >= '$mark'")
  [ "$applied" = t ] || behind=$x
done
[ -n "${behind:-}" ]
good=a
[ "$behind" = b ] || good=b
cat >bin/relay <<'RELAY'
#!/usr/bin/perl
# Passes each connection on to the Postgres of another node.
use strict; use warnings; use IO::Select; use IO::Socket::INET; use Socket qw(inet_aton inet_ntoa);
$SIG{CHLD} = 'IGNORE';
$SIG{INT} = $SIG{TERM} = sub { exit 0 };
my ($own, $other) = map { inet_ntoa(inet_aton($_)) } $ENV{HOSTNAME}, shift;
my $door = IO::Socket::INET->new(LocalAddr => $own, LocalPort => 5432, Listen => 64, ReuseAddr => 1)
  or die "listen: $!";
while (1) {
  my $client = $door->accept or next;
  next if fork;
  my $server = IO::Socket::INET->new(PeerAddr => $other, PeerPort => 5432) or exit 1;
  my %far = ($client => $server, $server => $client);
  my $both = IO::Select->new($client, $server);
  while (1) {
    for my $near ($both->can_read) {
      sysread($near, my $bytes, 65536) or exit 0;
      print {$far{$near}} $bytes;
    }
  }
}
RELAY
chmod +x bin/relay
relay="[\"/lab/bin/relay\", \"postgres-replica-$good\"]"
sed -i "/^  postgres-replica-$behind:/,/command:/ s|command: .*|command: $relay|" compose.yaml
sed -i -e 's/^INVENTORY_REPLICA_FRESHNESS=.*/INVENTORY_REPLICA_FRESHNESS=marker/' \
  -e 's/^INVENTORY_REPLICA_MAX_LAG=.*/INVENTORY_REPLICA_MAX_LAG=1000/' .env
firedrill apply
