import { execFileSync } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { type ShellHost, startShellHost } from '../../engine/shell-host.ts'

/** A real named in mount namespaces of its own, on an address of the loopback that nobody else has. */
export interface Named extends AsyncDisposable {
  readonly host: ShellHost
  readonly address: string
  /** Shell text as root beside it; throws where it fails. */
  run(script: string): Promise<string>
  /** Writes /etc/bind/named.conf.local and has it read. */
  configure(zones: string): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

let started = 0

/** named listens only on addresses that an interface has. */
function addressOnLoopback(verb: 'add' | 'del', address: string): void {
  execFileSync('ip', ['address', verb, `${address}/32`, 'dev', 'lo'])
}

/** Of 127.0.0.0/8: by process and count, so that tests side by side do not meet. */
function ownAddress(): string {
  started += 1
  return `127.${100 + ((process.pid >> 8) % 100)}.${process.pid & 255}.${started}`
}

const key = 'key "rndc-key" { algorithm hmac-sha256; secret "cmVldmUtdGVzdC1rZXktb2YtcmVldmU="; };'

function options(address: string): string {
  return `options { directory "/var/cache/bind"; listen-on { ${address}; }; listen-on-v6 { none; }; recursion no; dnssec-validation no;
  notify-source ${address}; transfer-source ${address}; empty-zones-enable no; notify-delay 1; };
${key}
controls { inet ${address} port 953 allow { any; } keys { "rndc-key"; }; };
include "/etc/bind/named.conf.local";
`
}

export async function startNamed(): Promise<Named> {
  const address = ownAddress()
  addressOnLoopback('add', address)
  const host = await startShellHost({ overlays: ['/etc/bind', '/var/lib/bind', '/var/cache/bind', '/run'] })
  const run = async (script: string): Promise<string> => {
    const { code, stdout } = await host.run(script)
    if (code !== 0) throw new Error(`ended with ${code}: ${script}\n${stdout}`)
    return stdout
  }
  const rndc = `${key}\noptions { default-server ${address}; default-key "rndc-key"; };\n`
  await run(`cat >/etc/bind/named.conf <<'X'
${options(address)}X
cat >/etc/bind/rndc.conf <<'X'
${rndc}X
rm -f /etc/bind/rndc.key; : >/etc/bind/named.conf.local
mkdir -p /run/named; chown bind:bind /run/named; chown -R root:bind /var/lib/bind /var/cache/bind; chmod 775 /var/lib/bind /var/cache/bind`)
  const start = async (): Promise<void> => {
    await run('named -4 -u bind -n 1 -c /etc/bind/named.conf </dev/null >/dev/null 2>&1')
    while ((await host.run('rndc status >/dev/null 2>&1')).code !== 0) await setTimeout(50)
  }
  const stop = async (): Promise<void> => {
    await host.run('pid=$(cat /run/named/named.pid) && kill "$pid" && while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done')
  }
  await start()
  return {
    host,
    address,
    run,
    start,
    stop,
    async configure(zones) {
      await run(`cat >/etc/bind/named.conf.local <<'X'\n${zones}\nX\nrndc reconfig 2>&1`)
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      await host.close()
      addressOnLoopback('del', address)
    },
  }
}
