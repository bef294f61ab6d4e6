# load.pl socket|file PATH: reads again and again until SIGTERM. Prints "began", each different header's digest,
# what went wrong, and "end READS MISSED LONGEST", the longest in milliseconds.
use strict;
use warnings;
use Socket;

my ($kind, $path) = @ARGV;
my ($reads, $missed, $longest, $over) = (0, 0, 0, 0);
my %seen;
$SIG{TERM} = sub { $over = 1 };
$| = 1;

# CLOCK_MONOTONIC; perl-base lacks Time::HiRes.
my $clock_gettime = (POSIX_machine() eq 'aarch64') ? 113 : 228;
sub POSIX_machine { open(my $f, '-|', 'uname', '-m') or return ''; my $m = <$f>; chomp $m; return $m }
sub now {
  my $time = pack('qq', 0, 0);
  syscall($clock_gettime, 1, $time);
  my ($seconds, $nanoseconds) = unpack('qq', $time);
  return $seconds + $nanoseconds / 1e9;
}

sub read_once {
  my $from;
  if ($kind eq 'socket') {
    socket($from, AF_UNIX, SOCK_STREAM, 0) or return "socket: $!";
    connect($from, sockaddr_un($path)) or return "connect: $!";
  } else {
    open($from, '<', $path) or return "open: $!";
  }
  local $/;
  my $bytes = <$from>;
  return 'no byte' unless defined $bytes && length $bytes;
  # Whole, and with nothing after it.
  return 'not a header' unless $bytes =~ /\AJWT [\w-]+\.[\w-]+\.[\w-]+\z/;
  $seen{$bytes} = 1;
  return '';
}

print "began\n";
until ($over) {
  my $start = now();
  my $trouble = read_once();
  my $took = (now() - $start) * 1000;
  last if $over && $trouble;
  $reads++;
  $longest = $took if $took > $longest;
  if ($trouble) { $missed++; print "missed $kind $trouble\n" }
  select(undef, undef, undef, 0.001);
}
printf "header %s\n", unpack('%32C*', $_) . length($_) . substr($_, -12) for sort keys %seen;
printf "end %d %d %d\n", $reads, $missed, $longest;
