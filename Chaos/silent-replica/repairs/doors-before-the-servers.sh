#!/bin/sh
# Both servers follow again and are asked only while they do; the inventory reaches each by a relay's name, as it would
# through a balancer. Run in the lab folder.
set -eu

firedrill runbook --run repair-in-place
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
cat >doors.yaml <<'DOORS'
  door-a:
    image: firedrill/postgres:${FIREDRILL_VERSION}
    command: ["/lab/bin/relay", "postgres-replica-a"]
    volumes: ["./:/lab:ro"]
  door-b:
    image: firedrill/postgres:${FIREDRILL_VERSION}
    command: ["/lab/bin/relay", "postgres-replica-b"]
    volumes: ["./:/lab:ro"]

DOORS
sed -i '/^services:/r doors.yaml' compose.yaml
rm doors.yaml
sed -i 's/^INVENTORY_REPLICA_INSTANCES=.*/INVENTORY_REPLICA_INSTANCES=door-a:5432,door-b:5432/' .env
firedrill apply
