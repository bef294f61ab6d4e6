# read.pl PATH [REQUEST]: connects, sends the HTTP request if there is one, reads to the end, prints what came. perl-base
# has all that it needs.
use strict;
use warnings;
use Socket;

socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
connect($s, sockaddr_un($ARGV[0])) or die "connect: $!\n";
syswrite($s, "$ARGV[1]\r\nHost: localhost\r\nConnection: close\r\n\r\n") if @ARGV > 1;
local $/;
my $header = <$s>;
print $header if defined $header;
exit(defined $header && length $header ? 0 : 1);
