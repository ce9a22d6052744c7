import { join } from 'node:path'
import type { AnyPrimitive } from '../../controller/model/primitive.ts'
import { openvzContainer } from '../../controller/primitives/openvzContainer/index.ts'
import { type ShellHost, type ShellHostOptions, startShellHost } from '../engine/shell-host.ts'

const standIn = join(import.meta.dirname, 'stand-in')

/** What the stand-in keeps; `user_beancounters` is what a kernel of OpenVZ would show in /proc. */
export const stateFolder = '/var/lib/vz/stand-in'

const vzConf = `LOCKDIR=/var/lib/vz/lock
TEMPLATE=/var/lib/vz/template
VE_ROOT=/var/lib/vz/root/$VEID
VE_PRIVATE=/var/lib/vz/private/$VEID
CONFIGFILE="basic"
DEF_OSTEMPLATE="debian-5.0-amd64-minimal"
VE_LAYOUT=ploop
`

/** Shortened from vzctl's own ve-basic.conf-sample. */
export const basicSample = `# a comment of the sample
ONBOOT="no"
KMEMSIZE="14372700:14790164"
PRIVVMPAGES="65536:69632"
NUMOTHERSOCK="360:360"
DISKSPACE="1048576:1153024"
CPUUNITS="1000"
`

/** A template with all that is looked for in it. */
const makeTemplate = `mkdir -p /mnt/t/etc /mnt/t/sbin /mnt/t/root && echo debian >/mnt/t/etc/issue && : >/mnt/t/sbin/init && : >/mnt/t/root/.profile && chmod +x /mnt/t/sbin/init
tar -C /mnt/t -czf /mnt/template.tar.gz . && rm -r /mnt/t`

export interface OpenvzHost extends ShellHost {
  /** Runs shell text; its stdout, or throws. */
  must(script: string): Promise<string>
  write(path: string, text: string): Promise<void>
  /** Text of a file; undefined where there is none. */
  read(path: string): Promise<string | undefined>
}

/** A shell in namespaces of its own whose vzctl and vzlist are the stand-ins. /mnt/template.tar.gz is an archive to make containers from. */
export async function startOpenvzHost(options: ShellHostOptions = {}): Promise<OpenvzHost> {
  const shell = await startShellHost({ ...options, overlays: ['/etc', '/usr/local', '/var/lib'] })
  const host: OpenvzHost = Object.assign(shell, {
    async must(script: string) {
      const { code, stdout } = await shell.run(script)
      if (code !== 0) throw new Error(`ended with ${code}: ${script}\n${stdout}`)
      return stdout
    },
    async write(path: string, text: string) {
      await host.must(`mkdir -p "$(dirname '${path}')"; printf %s '${Buffer.from(text).toString('base64')}' | base64 -d >'${path}'`)
    },
    async read(path: string) {
      const { code, stdout } = await shell.run(`[ -e '${path}' ] && cat '${path}'`)
      return code === 0 ? stdout : undefined
    },
  })
  const given = { '/etc/vz/vz.conf': vzConf, '/etc/vz/conf/ve-basic.conf-sample': basicSample }
  const files = Object.entries(given).map(([path, text]) => `cat >${path} <<'END'\n${text}END`)
  await host.must(
    [
      `mkdir -p /var/lib/vz && mount -t tmpfs vz /var/lib/vz && mkdir -p ${stateFolder} /var/lib/vz/template/cache /usr/local/lib/vz-stand-in`,
      `cp '${standIn}/vzctl' '${standIn}/vzlist' /usr/local/sbin && cp '${standIn}'/* /usr/local/lib/vz-stand-in && chmod 0755 /usr/local/sbin/vz*`,
      `rm -rf /etc/vz; mkdir -p /etc/vz/conf; : >${stateFolder}/user_beancounters; ${makeTemplate}`,
      ...files,
    ].join('\n'),
  )
  return host
}

/** The primitive as it is, looking for the kernel's counters where the stand-in keeps them: no test can put a file into /proc. */
export const onStandIn: AnyPrimitive = {
  ...openvzContainer,
  probe: (subjects, fleet) => ({
    text: openvzContainer.probe(subjects, fleet).text.replaceAll('/proc/user_beancounters', `${stateFolder}/user_beancounters`),
  }),
}
