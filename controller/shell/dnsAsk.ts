import { type Script, sh } from './sh.ts'

/** A question to a name server, by TCP: its type by number (RFC 1035 3.2.2), its name absolute. */
export interface DnsQuestion {
  readonly address: string
  readonly port: number
  readonly type: number
  readonly name: string
}

/** What a name server said of one name. */
export interface DnsAnswer extends DnsQuestion {
  /** 0 is NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED (RFC 6895 2.3). */
  readonly rcode: number
  readonly isAuthoritative: boolean
  /** Of an answer to SOA. */
  readonly serial?: number
  readonly isSigned: boolean
  /** Seconds until a secondary forgets the zone (RFC 7314). */
  readonly expiresSeconds?: number
  /** Records of the wanted type. */
  readonly count: number
}

export const soaType = 6

/**
 * A client for questions over TCP in the Perl of perl-base, which is on every Debian (Essential): dig is not, nor is a second interpreter.
 * One process and one connection for any number of names of one server; every wait has an end. It asks with DO and EXPIRE.
 */
export const dnsClient = String.raw`use strict; use warnings; use Socket qw(:DEFAULT getaddrinfo);
$| = 1; $SIG{PIPE} = "IGNORE";
sub name { join("", map { pack("C/a*", $_) } grep { length } split(/\./, $_[0])) . "\0" }
sub skip { my ($m, $at) = @_;
  while (1) { die "cut\n" if $at >= length $m; my $n = ord substr $m, $at, 1;
    return $at + 2 if $n >= 192; $at += $n + 1; return $at if $n == 0; } }
sub take { my ($s, $want) = @_; my $got = "";
  while (length $got < $want) { my $n = sysread($s, $got, $want - length $got, length $got); die "closed\n" if !$n; }
  return $got; }
sub read_answer { my ($m, $type) = @_;
  my ($id, $flags, $qd, $an, $ns, $ar) = unpack "n6", $m; my $at = 12;
  $at = skip($m, $at) + 4 for 1 .. $qd;
  my ($serial, $signed, $expire, $count, $until, @data) = ("-", 0, "-", 0, 0);
  for my $rr (1 .. $an + $ns + $ar) {
    $at = skip($m, $at); my ($t, $c, $ttl, $len) = unpack "nnNn", substr $m, $at, 10; $at += 10;
    my $end = $at + $len; die "cut\n" if $end > length $m;
    if ($rr <= $an && $t == $type) { $count++; push @data, unpack("H*", substr $m, $at, $len) if $t == 1 || $t == 28 || $t == 48 || $t == 59;
      $serial = unpack "N", substr $m, skip($m, skip($m, $at)), 4 if $t == 6; }
    if ($rr <= $an && $t == 46) { $signed = 1; my $ends = unpack "N", substr $m, $at + 8, 4; $until = $ends if !$until || $ends < $until; }
    if ($t == 41) { my $o = $at; while ($o + 4 <= $end) { my ($code, $l) = unpack "nn", substr $m, $o, 4;
      $expire = unpack "N", substr $m, $o + 4, 4 if $code == 9 && $l == 4; $o += 4 + $l; } }
    $at = $end; }
  return ($flags & 15, $flags & 1024 ? 1 : 0, $serial, $signed, $expire, $count, join(",", sort @data), $until); }
sub reach { my ($address, $port) = @_;
  my ($error, @places) = getaddrinfo($address, $port, { flags => Socket::AI_NUMERICHOST(), socktype => SOCK_STREAM });
  die "no address\n" if $error || !@places;
  socket(my $s, $places[0]{family}, SOCK_STREAM, $places[0]{protocol}) or die "$!\n";
  connect($s, $places[0]{addr}) or die "$!\n"; return $s; }
sub ask { my ($address, $port, $limit, @asked) = @_; my @answers;
  local $SIG{ALRM} = sub { die "no answer within $limit seconds\n" }; alarm $limit;
  my $s = reach($address, $port);
  for (my $from = 0; $from < @asked; $from += 50) {
    my $to = $from + 49 < $#asked ? $from + 49 : $#asked; my $out = "";
    for my $i ($from .. $to) { my ($type, $name) = @{$asked[$i]};
      $out .= pack "n/a*", pack("n6", $i & 65535, 0, 1, 0, 0, 1) . name($name) . pack("nn", $type, 1) . "\0" . pack("nnNnnn", 41, 4096, 32768, 4, 9, 0); }
    while (length $out) { my $n = syswrite($s, $out); die "$!\n" if !$n; substr($out, 0, $n) = ""; }
    for ($from .. $to) { my $m = take($s, unpack "n", take($s, 2)); die "cut\n" if length $m < 12;
      my $i = $from + (((unpack "n", $m) - $from) & 65535); die "not asked\n" if $i > $to;
      $answers[$i] = [read_answer($m, $asked[$i][0])]; } }
  alarm 0; close $s; return @answers; }
`

const askAll = String.raw`my $limit = shift; my %by; my @order; my @more;
for (@ARGV) { my ($address, $port, $type, $name) = split / /, $_, 4; push @order, "$address $port" if !$by{"$address $port"};
  push @{$by{"$address $port"}}, [$type, $name]; }
for my $where (@order) { my @asked = @{$by{$where}}; my @answers = eval { ask(split(/ /, $where), $limit, @asked) };
  if ($@) { my $why = $@; chomp $why; alarm 0; print "silent $where $why\n"; next; }
  for (0 .. $#asked) { my @a = @{$answers[$_]}; print "answer $where @{$asked[$_]} @a[0 .. 5]\n";
    push @more, "until $where @{$asked[$_]} $a[7]\n" if $a[7]; push @more, "data $where @{$asked[$_]} $a[6]\n" if length $a[6]; } }
print @more, "end\n";
`

/** Words: seconds, address, port, zone, serial, exact or least, signed or any; then `type name count data` of records that must be so. */
const awaitZone = String.raw`my ($seconds, $address, $port, $zone, $serial, $how, $signed, @records) = @ARGV;
my $end = time + $seconds; my $said = "nothing";
while (1) {
  my @asked = ([6, $zone], map { [(split / /)[0, 1]] } @records);
  my @answers = eval { ask($address, $port, 3, @asked) }; my $why = $@; chomp $why; alarm 0;
  if ($why) { $said = $why } else {
    my ($rcode, $aa, $found, $isSigned) = @{$answers[0]};
    $said = "rcode $rcode" . ($aa ? "" : ", not authoritative") . ", serial $found" . ($isSigned ? ", signed" : ", unsigned");
    my $ahead = $found eq "-" ? 1 << 31 : ($found - $serial) & 0xffffffff;
    my $good = $rcode == 0 && $aa && ($how eq "any" ? $found ne "-" : $how eq "exact" ? $ahead == 0 : $ahead < 1 << 31) && ($signed ne "signed" || $isSigned);
    for my $i (0 .. $#records) { last if !$good; my ($type, $name, $count, $data) = split / /, $records[$i];
      my @a = @{$answers[$i + 1]};
      next if $a[5] == $count && ($data eq "-" || $data eq $a[6]);
      $good = 0; $said .= ", but $name type $type has $a[5] records and not $count, or other data"; }
    exit 0 if $good; }
  last if time >= $end; select undef, undef, undef, 0.05; }
print "$said\n"; exit 1;
`

/** Prints a line for each question, or one for each server that is silent. It cannot fail. */
export function askDns(questions: readonly DnsQuestion[], limitSeconds = 5): Script {
  const words = questions.map(({ address, port, type, name }) => `${address} ${port} ${type} ${name}`)
  return sh`perl -e ${dnsClient + askAll} ${limitSeconds} ${words} 2>/dev/null </dev/null || :`
}

/** What a server must say of a zone. */
export interface AwaitedZone {
  readonly address: string
  readonly port: number
  readonly zone: string
  readonly serial: number
  /** `least`: this serial or a later one (RFC 1982): who signs counts on by itself. `any`: whichever. */
  readonly how: 'exact' | 'least' | 'any'
  readonly isSigned?: boolean
  readonly withinSeconds: number
  readonly records?: readonly { readonly type: number; readonly name: string; readonly count: number; readonly data?: string }[]
}

/** Succeeds as soon as the server says so with authority; else prints what it says instead and fails. */
export function awaitDns({ address, port, zone, serial, how, isSigned = false, withinSeconds, records = [] }: AwaitedZone): Script {
  const words = [withinSeconds, address, port, zone, serial, how, isSigned ? 'signed' : 'any']
  const more = records.map(({ type, name, count, data = '-' }) => `${type} ${name} ${count} ${data}`)
  return sh`perl -e ${dnsClient + awaitZone} ${words} ${more} </dev/null`
}

/** By `address port type name` in the order asked; what was not answered is not in it. `silent`: why, by `address port`. */
export function parseDns(stdout: string): {
  readonly answers: readonly DnsAnswer[]
  readonly silent: ReadonlyMap<string, string>
  readonly isWhole: boolean
} {
  const answers: DnsAnswer[] = []
  const silent = new Map<string, string>()
  let isWhole = false
  for (const line of stdout.split('\n')) {
    const [, where, why] = /^silent (\S+ \d+) (.+)$/.exec(line) ?? []
    if (where !== undefined && why !== undefined) silent.set(where, why)
    const answer = parseAnswer(line)
    if (answer !== undefined) answers.push(answer)
    if (line === 'end') isWhole = true
  }
  return { answers, silent, isWhole }
}

const answerGrammar = /^answer ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5}) (\S+) (\d{1,2}) ([01]) (-|\d{1,10}) ([01]) (-|\d{1,10}) (\d{1,5})$/

function parseAnswer(line: string): DnsAnswer | undefined {
  const match = answerGrammar.exec(line)
  if (match === null) return undefined
  const [, address = '', port, type, name = '', rcode, aa, serial, signed, expires, count] = match
  if (serial !== '-' && Number(serial) >= 2 ** 32) return undefined
  return {
    address,
    port: Number(port),
    type: Number(type),
    name,
    rcode: Number(rcode),
    isAuthoritative: aa === '1',
    isSigned: signed === '1',
    count: Number(count),
    ...(serial === '-' ? {} : { serial: Number(serial) }),
    ...(expires === '-' ? {} : { expiresSeconds: Number(expires) }),
  }
}
