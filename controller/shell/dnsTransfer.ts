import { dnsClient } from './dnsAsk.ts'
import { type Script, sh } from './sh.ts'

/** A set of records that a zone is looked at for: its type by number, its name absolute and in lower case. */
export interface AskedSet {
  readonly type: number
  readonly name: string
}

/** A set as a name server has it. */
export interface FoundSet extends AskedSet {
  readonly ttl: number
  /** Each record's data as it is sent (names written out), in hexadecimal, in order. */
  readonly data: readonly string[]
}

/**
 * A whole zone by AXFR (RFC 5936), of which only some sets are kept: a question for one set would be answered by a wildcard too, and many questions see
 * many moments. Names in data are written out where RFC 3597 4 lets them be shortened.
 */
const transfer = String.raw`
sub raw { my ($m, $at) = @_; my $out = ""; my $hops = 0;
  while (1) { die "cut\n" if $at >= length $m; my $n = ord substr $m, $at, 1;
    if ($n >= 192) { die "loop\n" if ++$hops > 99; $at = unpack("n", substr $m, $at, 2) & 16383; next }
    return "$out\0" if !$n; $out .= substr $m, $at, $n + 1; $at += $n + 1; } }
sub text { my $raw = raw(@_); my @labels;
  while (my $n = ord $raw) { my $label = lc substr $raw, 1, $n; $label =~ s/([^a-z0-9_*\/-])/sprintf "\\%03d", ord $1/ge;
    push @labels, $label; $raw = substr $raw, $n + 1; }
  return join(".", @labels) . "."; }
sub data { my ($m, $t, $at, $len) = @_;
  return raw($m, $at) if $t == 2 || $t == 5 || $t == 12 || $t == 39;
  return substr($m, $at, 2) . raw($m, $at + 2) if $t == 15;
  return raw($m, $at) . raw($m, skip($m, $at)) . substr($m, $at + $len - 20, 20) if $t == 6;
  return substr $m, $at, $len; }
sub transfer { my ($address, $port, $limit, $zone, $wanted) = @_; my (%sets, $count);
  local $SIG{ALRM} = sub { die "no answer within $limit seconds\n" }; alarm $limit;
  my $s = reach($address, $port);
  my $out = pack "n/a*", pack("n6", 7, 0, 1, 0, 0, 0) . name($zone) . pack("nn", 252, 1);
  syswrite($s, $out) or die "$!\n";
  for (my $soas = 0; $soas < 2;) { my $m = take($s, unpack "n", take($s, 2)); die "cut\n" if length $m < 12;
    my ($id, $flags, $qd, $an) = unpack "n4", $m; my $at = 12;
    die "the transfer is answered with rcode " . ($flags & 15) . "\n" if $flags & 15;
    die "the transfer is empty\n" if !$an;
    $at = skip($m, $at) + 4 for 1 .. $qd;
    for (1 .. $an) { my $key = text($m, $at); $at = skip($m, $at); my ($t, $c, $ttl, $len) = unpack "nnNn", substr $m, $at, 10; $at += 10;
      die "cut\n" if $at + $len > length $m; $key = "$t $key"; $soas++ if $t == 6;
      if ($$wanted{$key} && $soas < 2) { $sets{$key}[0] = $ttl; push @{$sets{$key}[1]}, unpack "H*", data($m, $t, $at, $len); }
      $at += $len; } }
  alarm 0; close $s; return \%sets; }
sub words { my ($key, $ttl, $data) = @_; return "$key $ttl " . join ",", sort @$data; }
`

/** Words: seconds; then for each zone `zone ADDRESS PORT ZONE FILE` and its sets, `set TYPE NAME`. The file's lines and sets are looked at, too. */
const look = String.raw`my $limit = shift; my @zones;
for (@ARGV) { my ($what, @w) = split / /; if ($what eq "zone") { push @zones, [@w] } else { $zones[-1][4]{"@w"} = 1 } }
for (@zones) { my ($address, $port, $zone, $file, $wanted) = @$_; $wanted ||= {};
  print "zone $zone\n";
  if (-l $file || (-e $file && !-f $file)) { print "other\n"; next }
  if (-e $file) { open(my $f, "<", $file) or do { print "other\n"; next };
    while (<$f>) { chomp; print "ours $_\n"; $$wanted{$1} = 1 if /^(\d+ \S+) / } close $f; }
  my $sets = eval { transfer($address, $port, $limit, $zone, $wanted) };
  if ($@) { my $why = $@; chomp $why; alarm 0; print "silent $why\n"; next; }
  print "set " . words($_, @{$$sets{$_}}) . "\n" for sort keys %$sets;
  print "whole $zone\n"; }
print "end\n";
`

/** A zone, the file that remembers what is ours in it, and the sets that shall be. */
export interface LookedAt {
  readonly address: string
  readonly port: number
  readonly zone: string
  readonly file: string
  readonly sets: readonly AskedSet[]
}

/** Prints what each zone holds of the sets; it cannot fail. One process for all zones. */
export function lookAtZones(zones: readonly LookedAt[], limitSeconds = 20): Script {
  const words = zones.flatMap(({ address, port, zone, file, sets }) => [
    `zone ${address} ${port} ${zone} ${file}`,
    ...sets.map(({ type, name }) => `set ${type} ${name}`),
  ])
  return sh`perl -e ${dnsClient + transfer + look} ${limitSeconds} ${words} 2>/dev/null </dev/null || :`
}

/** Words: seconds, address, port, zone; then `TYPE NAME COUNT TTL NOTE` of each set that must be so. */
const hold = String.raw`my ($limit, $address, $port, $zone, @items) = @ARGV;
my %wanted = map { join(" ", (split / /)[0, 1]) => 1 } @items;
my $sets = eval { transfer($address, $port, $limit, $zone, \%wanted) };
if ($@) { print STDERR $@; exit 1 }
for (@items) { my ($type, $name, $count, $ttl, $note) = split / /; my $set = $$sets{"$type $name"} || ["-", []]; my $found = @{$$set[1]};
  if ($found != $count || ($count && $$set[0] != $ttl)) { print STDERR "$name type $type has $found records with TTL $$set[0], not $count with $ttl\n"; exit 1 }
  print "$type $name $$set[0] $note " . join(",", sort @{$$set[1]}) . "\n" if $count; }
`

/** A set that must be there with so many records, or be gone (`count` 0). `note` is written into its line. */
export interface HeldSet extends AskedSet {
  readonly count: number
  readonly ttl: number
  readonly note: string
}

/** Succeeds where the zone holds just these, and prints a line `TYPE NAME TTL NOTE DATA` for each that is there; else says which is not so. */
export function holdsSets({ address, port, zone }: Omit<LookedAt, 'file' | 'sets'>, sets: readonly HeldSet[]): Script {
  const words = sets.map(({ type, name, count, ttl, note }) => `${type} ${name} ${count} ${ttl} ${note}`)
  return sh`perl -e ${dnsClient + transfer + hold} ${20} ${address} ${port} ${zone} ${words} </dev/null`
}

/** A zone as it was looked at. */
export interface SeenZone {
  /** Lines of the file; undefined where there is none. */
  readonly ours: readonly string[] | undefined
  /** By `TYPE NAME`; undefined where the zone was not given whole. */
  readonly sets: ReadonlyMap<string, FoundSet> | undefined
  readonly why: string
}

export function parseZones(stdout: string): ReadonlyMap<string, SeenZone> {
  const zones = new Map<string, SeenZone>()
  if (!/(^|\n)end\n?$/.test(stdout)) return zones
  for (const part of stdout.split(/^zone /m).slice(1)) {
    const [zone = '', ...lines] = part.split('\n')
    zones.set(zone, seen(zone, lines))
  }
  return zones
}

function seen(zone: string, lines: readonly string[]): SeenZone {
  if (lines.includes('other'))
    return { ours: undefined, sets: undefined, why: 'what stands in the place of its file is no file that can be read' }
  const ours = lines.filter((line) => line.startsWith('ours ')).map((line) => line.slice(5))
  const why = lines.find((line) => line.startsWith('silent '))?.slice(7) ?? 'the zone was not read to its end'
  const sets = lines.filter((line) => line.startsWith('set ')).map((line) => parseSet(line.slice(4)))
  const isWhole = lines.includes(`whole ${zone}`) && sets.every((set) => set !== undefined)
  const found = new Map(sets.flatMap((set) => (set === undefined ? [] : [[`${set.type} ${set.name}`, set] as const])))
  return { ours: ours.length === 0 ? undefined : ours, sets: isWhole ? found : undefined, why }
}

function parseSet(text: string): FoundSet | undefined {
  const match = /^(\d{1,5}) (\S+) (\d{1,10}) ((?:[0-9a-f]{2})*(?:,(?:[0-9a-f]{2})*)*)$/.exec(text)
  if (match === null) return undefined
  const [, type, name = '', ttl, data = ''] = match
  return { type: Number(type), name, ttl: Number(ttl), data: data.split(',') }
}
