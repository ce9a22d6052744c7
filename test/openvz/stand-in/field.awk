# Prints the value of a parameter: the first, as vzctl takes it.
{
  sub(/^[ \t]+/, "")
  if (index($0, key "=") == 1) { sub(/^[^=]*=/, ""); sub(/[ \t\r]+$/, ""); sub(/"$/, ""); sub(/^"/, ""); print; exit }
}
