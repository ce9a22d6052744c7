import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { confFolder, samplePath } from './places.ts'
import { type Creation, type OpenvzContainerSpec, templateEndings } from './spec.ts'

export function sampleExists({ sample }: Creation): Script {
  if (sample === undefined) return sh`:`
  return sh`
if ! [ -f ${samplePath(sample)} ]; then
  echo ${`there is no configuration sample ${samplePath(sample)}; those that are there:`} >&2
for path in ${{ text: confFolder }}/ve-*.conf-sample; do path=\${path##*/ve-}; echo "\${path%.conf-sample}" >&2; done
  exit 1
fi`
}

/** vzctl puts no device on its bridge by itself. */
export function canBridge(spec: OpenvzContainerSpec): Script {
  if (spec.interfaces.length === 0) return sh`:`
  return joinScripts([
    ...[...new Set(spec.interfaces.map(({ bridge }) => bridge))].map(
      (bridge) => sh`
if ! [ -e ${`/sys/class/net/${bridge}`} ]; then
  echo ${`bridge ${bridge} does not exist on this host; declare it in system.bridges of its Hypervisor`} >&2
  exit 1
fi`,
    ),
    sh`
if ! grep -qs '^[[:space:]]*EXTERNAL_SCRIPT=' /etc/vz/vznet.conf; then
  echo 'vzctl would leave the interfaces off their bridges: /etc/vz/vznet.conf needs the line EXTERNAL_SCRIPT="/usr/sbin/vznetaddbr" (vzctl(8))' >&2
  exit 1
fi`,
  ])
}

/** Sets $cache to where vzctl looks for archives: TEMPLATE of vz.conf, which is /var/lib/vz/template on Debian. */
const findCache: Script = sh`
cache=$(sed -n 's/^[[:space:]]*TEMPLATE="\{0,1\}\([^"]*\)"\{0,1\}[[:space:]]*$/\1/p' /etc/vz/vz.conf 2>/dev/null | head -n 1)
cache=\${cache:-/vz/template}/cache`

/** Fails where no archive of that name lies in the cache. */
export function isCached(ostemplate: string): Script {
  const names = templateEndings.map((ending) => `${ostemplate}${ending}`)
  return sh`
${findCache}
found=
for name in ${names}; do
  if [ -f "$cache/$name" ]; then found=$name; fi
done
if [ -z "$found" ]; then
  echo ${`the template ${ostemplate} is not in`} "$cache" ${`(as .tar, .tar.gz, .tar.bz2 or .tar.xz); name an archive and its sha256 in spec.template`} >&2
  exit 1
fi`
}

/** What lies in the cache under this name with another content is not overwritten: other containers may be made from it. */
export function syncTemplate(ostemplate: string, { path, sha256, ending }: NonNullable<Creation['archive']>): Script {
  const name = `${ostemplate}${ending}`
  return sh`
${findCache}
cached=$cache/${name}
sum() { set -- $(sha256sum <"$1"); printf '%s' "\${1-}"; }
if [ -e "$cached" ]; then
  if [ "$(sum "$cached")" = ${sha256} ]; then exit 0; fi
  echo "$cached" ${`is another archive than the one with the SHA-256 ${sha256}; name this one differently in spec.openvz.ostemplate, or take that one away`} >&2
  exit 1
fi
if ! [ -r ${path} ]; then echo ${`${path} is not on this host`} >&2; exit 1; fi
mkdir -p "$cache"
rm -f "$cached".reeve-new
cp ${path} "$cached".reeve-new
found=$(sum "$cached".reeve-new)
if [ "$found" != ${sha256} ]; then
  rm -f "$cached".reeve-new
  echo ${`${path} has the SHA-256`} "$found" ${`and not ${sha256}; put the right archive there, or correct spec.template.sha256`} >&2
  exit 1
fi
chmod 0644 "$cached".reeve-new
sync "$cached".reeve-new
mv -T "$cached".reeve-new "$cached"
sync "$cache"`
}
