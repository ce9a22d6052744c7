# The rows of a container with new limits (file `live`: name, barrier, limit).
BEGIN { while ((getline row < live) > 0) { split(row, parts, " "); low[parts[1]] = parts[2]; high[parts[1]] = parts[3] } }
$1 in low { $4 = low[$1]; $5 = high[$1] }
{ print }
