import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Machine } from '../lab/lab.ts'
import { runOrThrow } from '../lab/process.ts'

const keys = '/etc/openvpn/server/keys'
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']

/** An authority, a server's and a client's certificate, put where a person would put them. */
export async function bringKeys(machine: Machine): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-vpn-'))
  const openssl = (...args: readonly string[]) => runOrThrow('openssl', ['req', '-x509', ...curve, ...args])
  const at = (name: string) => join(folder, name)
  try {
    await openssl('-subj', '/CN=authority', '-keyout', at('ca.key'), '-out', at('ca.crt'))
    for (const [name, subject, use] of [
      ['server', 'server', 'serverAuth'],
      ['client', 'client-1', 'clientAuth'],
    ] as const) {
      const usage = [
        '-addext',
        `extendedKeyUsage=${use}`,
        '-addext',
        'basicConstraints=critical,CA:FALSE',
        '-addext',
        'keyUsage=critical,digitalSignature',
      ]
      const issuer = ['-CA', at('ca.crt'), '-CAkey', at('ca.key')]
      await openssl(...issuer, ...usage, '-subj', `/CN=${subject}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`))
    }
    // The daemon reads what is beside the keys as nobody.
    await machine.must(`umask 022; mkdir -p ${keys}; chmod 700 ${keys}`)
    for (const name of ['ca.crt', 'server.crt', 'server.key', 'client.crt', 'client.key'])
      await machine.must(`umask 077; cat >${keys}/${name}`, { stdin: await readFile(at(name), 'utf8') })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A client in a network namespace of the machine, behind a card of its own, as if it came from the world. */
const client = `set -eu
ip netns add client
ip link add eth9 type veth peer name eth0 netns client
ip addr add 203.0.113.1/24 dev eth9
ip link set eth9 up
ip -n client addr add 203.0.113.9/24 dev eth0
ip -n client link set eth0 up
cd ${keys}
ip netns exec client openvpn --daemon --log /run/client.log --client --nobind --dev tun --proto udp --remote 203.0.113.1 1194 \\
  --ca ca.crt --cert client.crt --key client.key --remote-cert-tls server
for attempt in $(seq 60); do
  ip -n client -4 -o addr show dev tun0 2>/dev/null | grep -q inet && break
  sleep 1
done
ip -n client link show dev tun0 >/dev/null || { tail -n 20 /run/client.log >&2; journalctl -u openvpn-server@data -n 20 --no-pager >&2; exit 1; }
ip -n client -4 -o addr show dev tun0 | awk '{ print $4 }'
ip netns exec client ping -q -c 1 -W 20 -I tun0 "$(ip -4 -o addr show dev tun0 | awk '{ print $4 }' | cut -d/ -f1)" >/dev/null && echo yes`

/** Which address it is given, and whether the server answers through the tunnel. */
export async function joinVpn(machine: Machine): Promise<{ readonly address: string | undefined; readonly answered: string | undefined }> {
  const [address, answered] = (await machine.must(client, { timeoutMs: 200_000 })).trim().split('\n')
  return { address, answered }
}
