import { type Script, sh } from '../../shell/sh.ts'

/** Where a container's things lie on its hypervisor. */
export interface Places {
  readonly conf: string
  /** The new configuration, until it takes the old one's place. vzctl itself writes CTID.conf.tmp. */
  readonly staged: string
}

export const confFolder = '/etc/vz/conf'

export function placesOf(ctid: string): Places {
  return { conf: `${confFolder}/${ctid}.conf`, staged: `${confFolder}/${ctid}.conf.reeve-new` }
}

export function samplePath(name: string): string {
  return `${confFolder}/ve-${name}.conf-sample`
}

/** Configurations that retire set aside, as a shell pattern after `openvz-CTID`. */
export const retiredPattern: Script = sh`-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.conf`

/**
 * An awk program that prints `CTID PATH` for each configuration: its private area as vzctl finds it, in vz.conf where its own file says nothing.
 * With `-v only=CTID` any file is read as that container's. The files are read as text: one that holds `$(…)` says just that.
 */
export const privateAreas = String.raw`
function value(line) { sub(/^[^=]*=/, "", line); sub(/[ \t\r]+$/, "", line); sub(/"$/, "", line); sub(/^"/, "", line); return line }
function show(path) {
  path = own == "" ? usual : own
  if (only != "") ctid = only
  gsub(/[$]VEID|[$][{]VEID[}]/, ctid, path)
  if (ctid != "" && path ~ /^\//) print ctid, path
}
BEGIN { while ((getline line < "/etc/vz/vz.conf") > 0) if (usual == "" && line ~ /^[ \t]*VE_PRIVATE=/) usual = value(line) }
FNR == 1 { if (files++) show(); ctid = FILENAME; sub(/.*\//, "", ctid); sub(/[.]conf$/, "", ctid); own = "" }
own == "" && /^[ \t]*VE_PRIVATE=/ { own = value($0) }
END { if (files) show() }`

/** Sets $private to the private area of a container, as this configuration says it; empty where neither it nor vz.conf does. */
export function readPrivateArea(ctid: string, conf: string | Script): Script {
  return sh`private=$(awk -v ${`only=${ctid}`} ${privateAreas} ${conf})
private=\${private#* }`
}

export function findPrivateArea(ctid: string, conf: string | Script): Script {
  return sh`
${readPrivateArea(ctid, conf)}
if [ -z "$private" ]; then
  echo ${`neither /etc/vz/vz.conf nor the configuration of container ${ctid} says where its private area is (VE_PRIVATE)`} >&2
  exit 1
fi`
}

/** Succeeds where the folder named by $private is there and holds something. */
export const isFilled: Script = sh`find "$private" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null | grep -q .`
