/**
 * What runs on a hypervisor for as long as its watch is open: one process that sleeps until the kernel says that something moved, and then prints the number of what that may
 * be. It asks inotify(7), netlink(7) and poll on proc(5) itself, so that nothing need be installed: perl-base is Essential in Debian, and this uses no module beyond it.
 * It reads what to watch from its input and ends with it, when nobody answers its signs of life, or when it hangs. It writes nothing anywhere.
 */
export const watchProgram = String.raw`use strict;
$0 = 'reeve-watch';
my ($beat, $most) = (15, 4000);
my (@watch, %due, %last, %state);

# proc(5): the one clock that the controller's probes read, too.
sub uptime {
  open(my $file, '<', '/proc/uptime') or exit 1;
  my ($seconds) = split / /, scalar <$file>;
  return $seconds;
}
sub say_line {
  my $line = join(' ', @_) . "\n";
  while (length $line) {
    my $written = syswrite(STDOUT, $line) or exit 0;
    substr($line, 0, $written) = '';
  }
}
sub say_source {
  my ($source, $now) = @_;
  return if ($state{$source} // '') eq $now;
  $state{$source} = $now;
  say_line('source', $source, $now);
}
# Told at once, and then four times a second at most.
sub moved {
  my ($by, @numbers) = @_;
  for my $number (@numbers) {
    $due{$number} //= { at => ($last{$number} // -1) + 0.25, by => '' };
    $due{$number}{by} = $by if $by ne '';
  }
}
sub all_of { my ($sort) = @_; return grep { $watch[$_]{sort} eq $sort } 0 .. $#watch }

while (my $line = <DATA>) {
  chomp $line;
  last if $line eq 'go';
  if ($line =~ /^beat (\d+)$/) { $beat = $1; next }
  my ($sort, $inside, $what) = split / /, $line, 3;
  push @watch, { sort => $sort, inside => $inside, what => $what };
}

# Files. System calls go by number: perl-base has no module for inotify.
my @files = map { all_of($_) } qw(path folder tree);
my %calls = (
  x86_64 => [294, 254, 255], aarch64 => [26, 27, 28], riscv64 => [26, 27, 28], i386 => [332, 292, 293], i486 => [332, 292, 293],
  i586 => [332, 292, 293], i686 => [332, 292, 293], arm => [360, 317, 318], powerpc64le => [318, 276, 277], s390x => [324, 285, 286],
);
require Config;
my ($machine) = $Config::Config{archname} =~ /^([a-z0-9_]+)/;
my ($inotify_init, $inotify_add, $inotify_remove) = @{ $calls{$machine} || [] };
my ($inotify, %number_of, %names_of, $arm_at);
if (@files) {
  my $descriptor = $inotify_init ? syscall($inotify_init, 0x80800) : -1;
  open($inotify, '+<&=', $descriptor) if $descriptor >= 0;
  say_source('file', $inotify_init ? "inotify_init1: $!" : "no inotify known on $machine") unless $inotify;
}
# A container's files are seen through its first process; those of OpenVZ lie mounted on the hypervisor.
sub root_of {
  my ($inside) = @_;
  return '' if $inside eq '-';
  if ($inside =~ /^openvz:(.*)/s) {
    for ("/vz/root/$1", "/var/lib/vz/root/$1") { return $_ if -d "$_/etc" }
    return undef;
  }
  for my $group (map { "/sys/fs/cgroup/$_" . "lxc.payload.$inside" } '', 'freezer/') {
    for ("$group/init.scope", $group) {
      open(my $file, '<', "$_/cgroup.procs") or next;
      my $process = <$file>;
      return '/proc/' . ($process + 0) . '/root' if $process;
    }
  }
  return undef;
}
sub folders_below {
  my @all = @_;
  for (my $at = 0; $at < @all && @all < $most; $at++) {
    opendir(my $folder, $all[$at]) or next;
    push @all, map { "$all[$at]/$_" } grep { !/^\.\.?$/ && !-l "$all[$at]/$_" && -d "$all[$at]/$_" } readdir $folder;
  }
  return @all;
}
# By folder, and the name in it, or * for all: whom it matters to. Where a folder is not there, the first name that is missing on the way to it.
sub wanted {
  my (%wanted, %roots);
  for my $number (@files) {
    my ($sort, $inside, $what) = @{ $watch[$number] }{qw(sort inside what)};
    $roots{$inside} = root_of($inside) unless exists $roots{$inside};
    my $root = $roots{$inside} // next;
    my ($folder, $name) = "$root$what" =~ m{^(.*)/([^/]*)$}s;
    ($folder, $name) = $folder =~ m{^(.*)/([^/]*)$}s while length $folder > length $root && !-d "$folder/.";
    push @{ $wanted{"$folder/"}{$name} }, $number;
    next if $sort eq 'path' || !-d "$root$what/.";
    push @{ $wanted{"$_/"}{'*'} }, $number for $sort eq 'tree' ? folders_below("$root$what") : "$root$what";
  }
  return \%wanted;
}
sub everyone { my %all = map { $_ => 1 } map { @$_ } map { values %$_ } @_; return keys %all }
# Again and again, since a folder may have been put in place of another one: then whatever is in it may have moved.
sub arm {
  my ($is_first) = @_;
  return unless $inotify;
  my ($wanted, $trouble, %numbers, %names) = (wanted(), 'ok');
  for my $folder (keys %$wanted) {
    if (keys %numbers >= $most) { $trouble = "more than $most folders"; last }
    # attributes, close after writing, moves, made, removed, itself removed or moved; the kernel's own files also change without being closed
    my $mask = 0x05000fcc | ($folder =~ m{^/(sys|proc/sys)/} ? 2 : 0);
    my $number = syscall($inotify_add, fileno($inotify), $folder, $mask);
    if ($number < 0) { $trouble = 'fs.inotify.max_user_watches is reached' if $! == 28; next }
    moved('', everyone($wanted->{$folder})) if !$is_first && ($number_of{$folder} // -1) != $number;
    $numbers{$folder} = $number;
    push @{ $names{$number} }, $wanted->{$folder};
  }
  for my $number (keys %names_of) { syscall($inotify_remove, fileno($inotify), $number + 0) unless $names{$number} }
  %number_of = %numbers;
  %names_of = %names;
  say_source('file', $trouble);
}
sub read_files {
  sysread($inotify, my $bytes, 65536) or return;
  while (length $bytes >= 16) {
    my ($folder, $mask, $length) = unpack('iIx4I', $bytes);
    my $name = unpack('Z*', substr($bytes, 16, $length));
    substr($bytes, 0, 16 + $length) = '';
    my @known = @{ $names_of{$folder} || [] };
    # Too many to tell; or the folder itself is gone or moved.
    if ($mask & 0x4000) { moved('', @files); $arm_at = 0 }
    elsif ($mask & 0xac00) { moved('', everyone(@known)); $arm_at = 0 if @known }
    else {
      my @numbers = map { (@{ $_->{$name} || [] }, @{ $_->{'*'} || [] }) } @known;
      moved('', @numbers);
      # What was made may be a folder, a container or a link on the way to what is watched.
      $arm_at = 0 if @numbers && $mask & 0x180;
    }
  }
}

# Netlink.
sub open_netlink {
  my ($source, $protocol, $groups) = @_;
  return undef unless all_of($source);
  my $socket;
  my $is_open = socket($socket, 16, 0x80803, $protocol) && bind($socket, pack('SSLL', 16, 0, 0, $groups));
  say_source($source, $is_open ? 'ok' : "netlink: $!");
  return undef unless $is_open;
  setsockopt($socket, 1, 33, pack('i', 1 << 20));
  return $socket;
}
sub datagrams {
  my ($socket, $source) = @_;
  my @all;
  while (@all < 1000) {
    if (defined recv($socket, my $bytes, 1 << 17, 0)) { push @all, $bytes; next }
    last if $! != 105;
    # The kernel had more than we could take: what was in it nobody knows.
    moved('', all_of($source));
  }
  return @all;
}
sub parts {
  my ($bytes, $head) = @_;
  my @all;
  while (length $bytes >= $head) {
    my ($length, $type) = unpack($head == 16 ? 'LS' : 'SS', $bytes);
    last if $length < $head || $length > length $bytes;
    push @all, [$type & 0x3fff, substr($bytes, $head, $length - $head)];
    substr($bytes, 0, ($length + 3) & ~3) = '';
  }
  return @all;
}
sub messages { return map { parts($_, 16) } datagrams(@_) }
sub attributes { return map { @$_ } reverse parts($_[0], 4) }
sub text { return unpack('Z*', $_[0] // '') }

# nftables: tables by what is said of them, until the generation that ends a transaction says who made it.
my %family = (1 => 'inet', 2 => 'ip', 3 => 'arp', 5 => 'netdev', 7 => 'bridge', 10 => 'ip6');
my ($nft, %touched) = (open_netlink('nft', 12, 64));
sub read_nft {
  for (messages($nft, 'nft')) {
    my ($type, $body) = @$_;
    next if $type >> 8 != 10 || length $body < 4;
    my %is = attributes(substr($body, 4));
    if (($type & 255) == 15) {
      my $process = unpack('N', $is{2} // '') // 0;
      moved($process . ' ' . text($is{3}), grep { $touched{ $watch[$_]{what} } } all_of('nft'));
      %touched = ();
    } else { $touched{ ($family{ ord $body } // '') . ' ' . text($is{1}) } = 1 }
  }
}

# Interfaces and their addresses: lifetimes and counters are told again and again, and are no news.
my ($link, %seen) = (open_netlink('link', 0, 0x111));
sub read_link {
  for (messages($link, 'link')) {
    my ($type, $body) = @$_;
    my ($name, $key, $is);
    if ($type == 16 || $type == 17) {
      my %is = attributes(substr($body, 16));
      ($name, $key) = (text($is{3}), 'link ' . unpack('x4l', $body));
      $is = $type == 17 ? '' : join ' ', $name, unpack('x8L', $body) & 1, map { unpack('H*', $is{$_} // '') } 4, 10;
    } elsif ($type == 20 || $type == 21) {
      my %is = attributes(substr($body, 8));
      my ($prefix, $index) = unpack('xCx2L', $body);
      ($name) = grep { index_of($_) == $index } map { $watch[$_]{what} } all_of('link');
      $key = join ' ', $index, $prefix, unpack('H*', $is{2} // $is{1} // '');
      $is = $type == 21 ? '' : 'there';
    }
    next if !defined $name || ($seen{$key} // 'never') eq $is;
    $seen{$key} = $is;
    moved('', grep { $watch[$_]{what} eq $name } all_of('link'));
  }
}
sub index_of { open(my $file, '<', "/sys/class/net/$_[0]/ifindex") or return -1; return <$file> + 0 }

# Block devices: the kernel's own events, which udev also makes where a device was written.
my $block = open_netlink('block', 15, 1);
sub read_block { moved('', all_of('block')) if grep { /\0SUBSYSTEM=block\0/ && !/\0DEVNAME=(loop|ram|zram|sr)\d/ } datagrams($block, 'block') }

# Mounts and swap areas: a change is an exceptional condition of the file.
my ($mount, $swap, %mounted);
sub read_mounts {
  seek($mount, 0, 0);
  my %now;
  for (<$mount>) {
    my (undef, undef, undef, undef, $point, @rest) = split / /;
    $point =~ s/\\([0-7]{3})/chr oct $1/ge;
    $now{$point} .= join ' ', @rest;
  }
  my %before = %mounted;
  %mounted = %now;
  moved('', grep { ($before{ $watch[$_]{what} } // '') ne ($now{ $watch[$_]{what} } // '') } all_of('mount'));
}
sub read_swaps { seek($swap, 0, 0); my @all = <$swap>; moved('', all_of('swap')) }
open($mount, '<', '/proc/self/mountinfo') or undef $mount if all_of('mount');
open($swap, '<', '/proc/swaps') or undef $swap if all_of('swap');
say_source('mount', $mount ? 'ok' : 'no /proc/self/mountinfo') if all_of('mount');
say_source('swap', $swap ? 'ok' : 'no /proc/swaps') if all_of('swap');

my @readers = (
  [\*STDIN, 0, sub { sysread(STDIN, my $word, 4096) or exit 0; $main::heard = uptime() }],
  [$inotify, 0, \&read_files], [$nft, 0, \&read_nft], [$link, 0, \&read_link], [$block, 0, \&read_block],
  [$mount, 1, \&read_mounts], [$swap, 1, \&read_swaps],
);
@readers = grep { $_->[0] } @readers;
# Whatever hangs (a dead file server, a channel that nobody reads), it is not for ever.
alarm 60;
arm(1);
read_mounts() if $mount;
read_swaps() if $swap;
%due = ();
my $said = my $armed = $main::heard = uptime();
say_line('ready', $said, $$);
while (1) {
  alarm 60;
  my $now = uptime();
  exit 0 if $now - $main::heard > 4 * $beat;
  if ($now - $said >= $beat) { say_line('alive', $now); $said = $now }
  if (defined $arm_at ? $now - $armed >= 0.5 : $now - $armed >= $beat) { undef $arm_at; $armed = $now; arm(0) }
  my @due = sort { $a <=> $b } grep { $due{$_}{at} <= $now } keys %due;
  my $stamp = @due ? uptime() : 0;
  if (@due > 200) { say_line('moved', $stamp, '*') }
  else { say_line('moved', $stamp, $_, $due{$_}{by} =~ s/[^!-~ ]/?/gr) for @due }
  for (@due) { $last{$_} = $now; delete $due{$_} }
  my $wait = $said + $beat - $now;
  for ($armed + (defined $arm_at ? 0.5 : $beat) - $now, map { $_->{at} - $now } values %due) { $wait = $_ if $_ < $wait }
  my @sets = ('', '');
  vec($sets[$_->[1]], fileno($_->[0]), 1) = 1 for @readers;
  next if select($sets[0], undef, $sets[1], $wait < 0.01 ? 0.01 : $wait) <= 0;
  # What comes in a storm is read in heaps, and costs no more than fifty turns a second.
  select(undef, undef, undef, 0.02);
  for (@readers) { $_->[2]->() if vec($sets[$_->[1]], fileno($_->[0]), 1) }
}
__END__
`
