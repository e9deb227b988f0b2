#!/bin/sh
# Half of the instances only pass requests on to the other half, under their own name. Run in the lab folder.
set -eu

cat >bin/stand-in <<'RELAY'
#!/usr/bin/perl
# Passes each connection on to one of the first fifty instances, and puts this instance's name into the reply.
use strict; use warnings; use IO::Socket::INET; use Socket qw(inet_aton inet_ntoa);
$SIG{CHLD} = 'IGNORE';
my $name = $ENV{HOSTNAME};
my $own = inet_ntoa(inet_aton($name));
my $door = IO::Socket::INET->new(LocalAddr => $own, LocalPort => 8080, Listen => 64, ReuseAddr => 1)
  or die "listen: $!";
while (1) {
  my $client = $door->accept or next;
  next if fork;
  my ($length, $request) = (0, '');
  while (defined(my $line = <$client>)) {
    $length = $1 if $line =~ /^content-length: *(\d+)/i;
    $line = "Connection: close\r\n" if $line =~ /^connection:/i;
    $request .= "Connection: close\r\n" if $line eq "\r\n" and $request !~ /^connection:/im;
    $request .= $line;
    last if $line eq "\r\n";
  }
  read($client, my $body, $length) if $length;
  my $host = 'inventory-' . (1 + int(rand(50)));
  my $server = IO::Socket::INET->new(PeerAddr => inet_ntoa(inet_aton($host)), PeerPort => 8080) or exit 1;
  print $server $request . ($body // '');
  my $reply = do { local $/; <$server> } // '';
  $reply =~ s/^x-instance: .*?\r\n/X-Instance: $name\r\n/im;
  $reply =~ s/\r\n\r\n/\r\nConnection: close\r\n\r\n/;
  print $client $reply;
  exit 0;
}
RELAY
chmod +x bin/stand-in
cat >bin/inventory <<'CHOICE'
#!/bin/sh
if [ "${HOSTNAME#inventory-}" -le 50 ]; then exec fleet inventory; else exec /lab/bin/stand-in; fi
CHOICE
chmod +x bin/inventory
sed -i 's|command: \["fleet", "inventory"\]|command: ["/lab/bin/inventory"]|' compose.yaml
firedrill apply
