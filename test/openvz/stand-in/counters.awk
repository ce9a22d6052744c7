# The rows of a container that starts: its configuration's limits, no limit where it names none.
function count(text, per,   number, suffix) {
  if (text == "unlimited") return "9223372036854775807"
  number = text; sub(/[^0-9]$/, "", number); suffix = toupper(substr(text, length(number) + 1))
  if (suffix == "") return number
  return sprintf("%.0f", int(number * (suffix == "G" ? 2^30 : suffix == "M" ? 2^20 : suffix == "K" ? 1024 : 4096) / per))
}
{ key = $0; sub(/=.*/, "", key); text = $0; sub(/^[^=]*=/, "", text); gsub(/"/, "", text); if (!(tolower(key) in found)) found[tolower(key)] = text }
END {
  n = split("kmemsize lockedpages privvmpages shmpages dummy numproc physpages vmguarpages oomguarpages numtcpsock numflock numpty numsiginfo tcpsndbuf tcprcvbuf othersockbuf dgramrcvbuf numothersock dcachesize numfile numiptent swappages", names, " ")
  printf "" >live
  for (i = 1; i <= n; i++) {
    name = names[i]
    if (name == "dummy") { print name, 0, 0, 0, 0, 0 >live; continue }
    per = name ~ /pages$/ ? 4096 : 1
    m = name in found ? split(found[name], parts, ":") : split("unlimited", parts, ":")
    low = count(parts[1], per); high = m == 2 ? count(parts[2], per) : low
    print name, 100, 200, low, high, 0 >live
  }
}
