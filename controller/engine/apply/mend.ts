import { type Script, sh } from '../../shell/sh.ts'

/**
 * `reeve_mend`: cuts off the ledger `$L` what a power cut tore. A last line without its end is no line: nothing may be appended to it. Nor to NUL bytes:
 * they stand where the new length reached the disk and the text did not.
 */
export const mendFunction: Script = sh`reeve_mend() {
  [ -s "$L" ] || return 0
  if ! sed -n '/\x00/q1' "$L"; then sed -n '/\x00/q;p' "$L" >"$L.mended"
  elif [ "$(tail -c 1 "$L" | wc -l)" -eq 1 ]; then return 0
  else sed '$d' "$L" >"$L.mended"; fi
  sync "$L.mended" && mv "$L.mended" "$L"
}`
