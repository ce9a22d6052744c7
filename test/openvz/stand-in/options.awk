# Options of `vzctl set` and `create`, one a line, to lines of a configuration (file `out`) and to limits for the kernel (file `live`). Prints `--NAME: VALUE` for the first one that is refused.
BEGIN {
  split("kmemsize tcpsndbuf tcprcvbuf othersockbuf dgramrcvbuf dcachesize", names, " "); for (i in names) unit[names[i]] = 1
  split("lockedpages privvmpages shmpages physpages vmguarpages oomguarpages swappages", pages, " "); for (i in pages) unit[pages[i]] = 4096
  split("numproc numtcpsock numflock numpty numsiginfo numothersock numfile numiptent", items, " "); for (i in items) unit[items[i]] = 0
  printf "" >out; printf "" >live
}
function refuse() { print "--" $1 ": " $2; failed = 1; exit 1 }
function count(text, per,   number, suffix) {
  if (text == "unlimited" || text == "9223372036854775807") return "9223372036854775807"
  if (text !~ /^[0-9]+[TtGgMmKkPpBb]?$/) refuse()
  number = text; sub(/[^0-9]$/, "", number)
  suffix = toupper(substr(text, length(number) + 1))
  if (suffix == "") return number
  if (per == 0) refuse()
  return sprintf("%.0f", int(number * (suffix == "T" ? 2^40 : suffix == "G" ? 2^30 : suffix == "M" ? 2^20 : suffix == "K" ? 1024 : suffix == "P" ? 4096 : 1) / per))
}
function pair(per,   n, parts) {
  n = split($2, parts, ":")
  if (n < 1 || n > 2) refuse()
  low = count(parts[1], per); high = n == 2 ? count(parts[2], per) : low
}
function word(text) { return text == "9223372036854775807" ? "unlimited" : text }
function line(key, text) { print key "=\"" text "\"" >out }
function whole(least, most) { if ($2 !~ /^[0-9]+$/ || $2 + 0 < least || $2 + 0 > most) refuse(); line(toupper($1), $2) }
function address(text,   n, parts, i) {
  sub(/\/[0-9]+$/, "", text)
  if (text ~ /:/) return text ~ /^[0-9A-Fa-f:.]+$/
  n = split(text, parts, ".")
  if (n != 4) return 0
  for (i = 1; i <= 4; i++) if (parts[i] !~ /^[0-9]+$/ || parts[i] > 255) return 0
  return 1
}
$1 == "save" || $1 == "force" { next }
$1 == "setmode" { if ($2 != "restart" && $2 != "ignore") refuse(); next }
$1 in unit {
  pair(unit[$1]); line(toupper($1), low == high ? word(low) : word(low) ":" word(high))
  print $1, low, high >live; next
}
$1 == "diskspace" { pair(1024); line("DISKSPACE", low ":" high); next }
$1 == "diskinodes" { pair(0); line("DISKINODES", low ":" high); next }
$1 == "onboot" || $1 == "disabled" { if ($2 != "yes" && $2 != "no") refuse(); line(toupper($1), $2); next }
$1 == "cpuunits" { whole(8, 500000); next }
$1 == "cpulimit" { if ($2 !~ /^[0-9]+%?$/) refuse(); line("CPULIMIT", $2); next }
$1 == "cpus" || $1 == "bootorder" || $1 == "quotatime" { whole(0, 9e18); next }
$1 == "ioprio" { whole(0, 7); next }
$1 == "cpumask" { if ($2 !~ /^(all|[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)$/) refuse(); line("CPUMASK", $2); next }
$1 == "ipadd" || $1 == "ip" { n = split($2, parts, " "); for (i = 1; i <= n; i++) { if (!address(parts[i])) refuse(); line("+IP_ADDRESS", parts[i]) } next }
$1 == "ipdel" { if ($2 != "all" && !address($2)) refuse(); line("-IP_ADDRESS", $2); next }
$1 == "nameserver" || $1 == "searchdomain" { list[$1] = list[$1] (list[$1] == "" ? "" : " ") $2; next }
$1 == "features" { if ($2 !~ /^(sysfs|nfs|sit|ipip|ppp|ipgre|bridge|nfsd):(on|off)$/) refuse(); line("~FEATURES", $2); next }
$1 == "devnodes" { if ($2 !~ /^[A-Za-z0-9\/_.-]+:([rwq]+|none)$/) refuse(); list["devnodes"] = list["devnodes"] $2 " "; next }
$1 == "netif_add" {
  n = split($2, parts, ",")
  if (n > 5 || parts[1] == "" || length(parts[1]) > 15 || (parts[2] != "" && parts[2] !~ /^([0-9A-Fa-f][0-9A-Fa-f]:){5}[0-9A-Fa-f][0-9A-Fa-f]$/)) refuse()
  number = parts[1]; gsub(/[^0-9]/, "", number)
  mac = parts[2] == "" ? sprintf("00:18:51:00:%02X:%02X", ctid % 256, number) : toupper(parts[2])
  line("+NETIF", "ifname=" parts[1] (parts[5] == "" ? "" : ",bridge=" parts[5]) ",mac=" mac ",host_ifname=" (parts[3] == "" ? "veth" ctid "." number + 0 : parts[3]) ",host_mac=" (parts[4] == "" ? mac : parts[4]))
  next
}
$1 == "netif_del" { line("-NETIF", $2); next }
$1 == "hostname" || $1 == "description" || $1 == "ostemplate" { line(toupper($1), $2); next }
$1 == "private" || $1 == "root" { line("VE_" toupper($1), $2); next }
{ refuse() }
END { if (!failed) { if (list["nameserver"] != "") line("NAMESERVER", list["nameserver"]); if (list["devnodes"] != "") line("DEVNODES", list["devnodes"]); if (list["searchdomain"] != "") line("SEARCHDOMAIN", list["searchdomain"]) } }
