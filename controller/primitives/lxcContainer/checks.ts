import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { bridgesOf, placesOf } from './places.ts'
import type { LxcContainerSpec } from './spec.ts'

/** A missing bridge would make the start fail only after five seconds, with the container down. */
export function bridgesExist(spec: LxcContainerSpec): Script {
  return joinScripts(
    bridgesOf(spec).map(
      (bridge) => sh`
if ! [ -e ${`/sys/class/net/${bridge}`} ]; then
  echo ${`bridge ${bridge} does not exist on this host; declare it in system.bridges of its Hypervisor`} >&2
  exit 1
fi`,
    ),
  )
}

/** Asks LXC itself, in a folder of its own: a config that it cannot load would make a running container uncontrollable. */
export function loadable(name: string, file: string): Script {
  const { checkRoot } = placesOf(name)
  return sh`
mkdir -p ${`${checkRoot}/${name}`}
cp ${file} ${`${checkRoot}/${name}/config`}
rm -f ${`${checkRoot}/log`}
if ! timeout -k 5 30 lxc-info -P ${checkRoot} -n ${name} -H -c lxc.uts.name -l ERROR -o ${`${checkRoot}/log`} </dev/null >${`${checkRoot}/out`} 2>&1; then
  echo ${`LXC cannot load the new config of ${name}, the old one stays:`} >&2
  cat ${`${checkRoot}/log`} ${`${checkRoot}/out`} 2>/dev/null | cut -c 1-400 >&2 || :
  exit 1
fi`
}

/** What is mounted into the container: without it, it would not start, or lack what it is for. */
export function pathsExist(spec: LxcContainerSpec): Script {
  return joinScripts(
    spec.hostPaths.map(
      (path) => sh`
if ! [ -e ${path} ]; then
  echo ${`${path} does not exist on this host, and ${spec.name} is to have it inside`} >&2
  exit 1
fi`,
    ),
  )
}

/** LXC reads the profile only when it starts the container, which is down by then. Its first two lines tell what it is (seccomp.c). */
export function profileReadable(spec: LxcContainerSpec): Script {
  const path = spec.settings['lxc.seccomp.profile']
  if (path === undefined) return sh`:`
  return sh`
version= policy=
if [ -r ${path} ]; then { read -r version; read -r policy rest; } <${path} || :; fi
case $version/$policy in
  [12]/allowlist|[12]/denylist|[12]/whitelist|[12]/blacklist) ;;
  *)
    echo ${`${path} is no seccomp profile of LXC on this host: its first line is 1 or 2, its second allowlist or denylist (security.seccomp)`} >&2
    exit 1 ;;
esac`
}
