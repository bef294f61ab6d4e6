# inject.pl: puts entries into the descriptor store of the unit that this runs in: damaged tokens, one of a profile
# that is gone, a file, a socket that nobody configured. Perl's own system calls, since perl-base lacks SCM_RIGHTS.
use strict;
use warnings;
use Socket;

my ($sendmsg, $memfd_create) = `uname -m` =~ /aarch64/ ? (211, 279) : (46, 319);

sub store {
  my ($name, $descriptor) = @_;
  my $text = "FDSTORE=1\nFDNAME=$name";
  socket(my $notify, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
  my $path = $ENV{NOTIFY_SOCKET};
  $path =~ s/^@/\0/;
  connect($notify, sockaddr_un($path)) or die "connect: $!";
  # struct cmsghdr with one descriptor, then struct msghdr (sendmsg(2), cmsg(3)).
  my $control = pack('Q i i i x4', 20, SOL_SOCKET, 1, $descriptor);
  my $vector = pack('P Q', $text, length $text);
  my $message = pack('Q L x4 P Q P Q i x4', 0, 0, $vector, 1, $control, length $control, 0);
  syscall($sendmsg, fileno($notify), $message, 0) >= 0 or die "sendmsg: $!";
}

my @kept;
for my $entry (['default.9000', '{"version":1,"profile":"default"'], ['gone.5', ''], ['default.-1', 'x']) {
  my ($name, $content) = @$entry;
  my $label = 'test';
  my $descriptor = syscall($memfd_create, $label, 0);
  $descriptor >= 0 or die "memfd_create: $!";
  open(my $file, '>&=', $descriptor) or die "open: $!";
  syswrite($file, $content);
  push @kept, $file;
  store($name, $descriptor);
}
open(my $file, '<', '/etc/passwd') or die "open: $!";
store('stranger', fileno $file);

my $path = '/run/assetit-tokend/foreign.sock';
unlink $path;
socket(my $listener, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
bind($listener, sockaddr_un($path)) && listen($listener, 5) or die "bind: $!";
store($path, fileno $listener);
