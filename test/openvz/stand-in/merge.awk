# A configuration with the lines of an options file in it: each takes the place of the first line of its parameter, or comes at the end. Every other line stays.
function value(text) { sub(/^[^=]*=/, "", text); sub(/[ \t\r]+$/, "", text); sub(/"$/, "", text); sub(/^"/, "", text); return text }
{ line[NR] = $0; key = $0; sub(/=.*/, "", key); if (!(key in at) && index($0, "=")) at[key] = NR }
function put(key, text) {
  if (key in at) line[at[key]] = key "=\"" text "\""
  else { line[++NR] = key "=\"" text "\""; at[key] = NR }
}
function now(key) { return key in at ? value(line[at[key]]) : "" }
# One of a list away: by the whole word, or a device by its name.
function without(key, what,   sep, n, parts, i, kept, same) {
  sep = key == "NETIF" ? ";" : " "
  n = split(now(key), parts, sep)
  for (i = 1; i <= n; i++) {
    same = key == "NETIF" ? index(parts[i] ",", "ifname=" what ",") == 1 : parts[i] == what
    if (parts[i] != "" && what != "all" && !same) kept = kept (kept == "" ? "" : sep) parts[i]
  }
  return kept
}
END {
  while ((getline text < lines) > 0) {
    key = text; sub(/=.*/, "", key); sign = substr(key, 1, 1)
    if (sign == "-") { key = substr(key, 2); put(key, without(key, value(text))) }
    else if (sign == "+") {
      key = substr(key, 2); what = value(text); name = what; if (key == "NETIF") { sub(/^ifname=/, "", name); sub(/,.*/, "", name) }
      kept = without(key, name); put(key, kept (kept == "" ? "" : key == "NETIF" ? ";" : " ") what)
    }
    else if (sign == "~") {
      key = substr(key, 2); what = value(text); name = what; sub(/:.*/, "", name); n = split(now(key), parts, /[ ,]/); kept = ""
      for (i = 1; i <= n; i++) if (parts[i] != "" && index(parts[i], name ":") != 1) kept = kept (kept == "" ? "" : " ") parts[i]
      put(key, kept (kept == "" ? "" : " ") what)
    }
    else put(key, value(text))
  }
  for (i = 1; i <= NR; i++) print line[i]
}
