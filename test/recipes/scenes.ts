import { ask } from '../kinds/proxy/local-nginx.ts'
import type { Machine } from '../lab/lab.ts'
import { dig, inside, mailThrough } from './clients.ts'
import type { Fit } from './fit.ts'
import { openWay, openWorld, saidAt } from './outside.ts'
import { bringKeys, joinVpn } from './vpn.ts'

/** A recipe's host, and what must work on it once it converged: an answer for each question, and what it should be. */
export interface Scene extends Fit {
  readonly proves: string
  /** What a person brings to the bare machine that does not belong into Git (keys). */
  bring?(machine: Machine): Promise<void>
  /** What a person puts into it once it converged: guest content. */
  prepare?(machine: Machine): Promise<void>
  probe(machine: Machine): Promise<unknown>
  readonly expected: unknown
}

const page = 'a page of the application'

/** What a container hears from the world: it goes out by the machine's address, or not at all. */
async function heardIn(machine: Machine, container: string): Promise<string> {
  await using world = await openWorld()
  // bash is in every Debian root; it opens TCP connections by itself.
  const command = `exec bash -c "read -r line </dev/tcp/${world.address}/${world.port}; echo \\$line"`
  return await inside(machine, container, command)
}

/** What the world is answered at a port of the machine. */
async function answerAt(machine: Machine, port: number, host: string): Promise<{ readonly status: number; readonly body: string }> {
  await using way = await openWay(machine, port)
  const { status, body } = await ask({ port: way.port, host })
  return { status, body: body.trim() }
}

const dedicatedServer: Scene = {
  recipe: 'dedicated-server',
  hypervisor: 'server',
  publicAddresses: [],
  proves: 'the container is reached by its port of the machine, reaches the world, and has its limits',
  prepare: async (machine) => {
    const greeter = 'systemd-socket-activate --accept --inetd --listen=22 /bin/hostname'
    await inside(machine, 'my-container', `systemd-run --quiet --unit=greeter ${greeter}`)
  },
  probe: async (machine) => {
    await using way = await openWay(machine, 13_581)
    const limits = await inside(machine, 'my-container', 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpuset.cpus')
    return { said: await saidAt(way.port), heard: await heardIn(machine, 'my-container'), limits: limits.split('\n') }
  },
  expected: { said: 'my-container', heard: 'the world', limits: ['536870912', '0-1'] },
}

const gatewaysOfMail = ['10 plpa.example.com.', '20 plpb.example.com.']

const mailGateways: Scene = {
  recipe: 'mail-gateways',
  hypervisor: 'hardware',
  publicAddresses: ['192.0.2.40'],
  proves: 'the web server behind the gateway answers the world and reaches it, mail comes in, and both name servers know where it goes',
  prepare: async (machine) => {
    await inside(machine, 'server1', `echo ${page} >/var/www/html/index.html`)
  },
  probe: async (machine) => ({
    answer: await answerAt(machine, 80, 'www.example.com'),
    heard: await heardIn(machine, 'server1'),
    mounted: (await machine.must('findmnt -n -o FSTYPE /srv/templates')).trim(),
    mail: (await mailThrough(machine, 'owner@example.com', page)).replace(/ as .*/, ''),
    nobody: (await mailThrough(machine, 'nobody@example.com', page)).slice(0, 9),
    names: await Promise.all(['192.168.100.2', '192.168.100.3'].map((server) => dig(machine, 'plpb', server, 'MX example.com'))),
  }),
  expected: {
    answer: { status: 200, body: page },
    heard: 'the world',
    mounted: 'ext3',
    mail: '250 2.0.0 Ok: queued',
    nobody: '550 5.1.1',
    names: [gatewaysOfMail, gatewaysOfMail],
  },
}

const webApplication: Scene = {
  recipe: 'web-application',
  hypervisor: 'vmm',
  publicAddresses: ['198.51.100.66', '198.51.100.77'],
  proves: 'the page on the web server is answered through router and load balancer, and the database reaches the world',
  prepare: async (machine) => {
    await inside(machine, 'web01', `mkdir -p /srv/www && echo ${page} >/srv/www/index.html`)
  },
  probe: async (machine) => ({ answer: await answerAt(machine, 80, 'app.example.org'), heard: await heardIn(machine, 'db01') }),
  expected: { answer: { status: 200, body: page }, heard: 'the world' },
}

const userSlices: Scene = {
  recipe: 'user-slices',
  hypervisor: 'blaine',
  publicAddresses: [],
  proves: 'each name is answered by the slice of that name, and no other, and a slice reaches the world',
  prepare: async (machine) => {
    for (const slice of ['ve1', 've2']) await inside(machine, slice, `echo the page of ${slice} >/var/www/html/index.html`)
  },
  probe: async (machine) => ({
    ve1: await answerAt(machine, 80, 've1.example.com'),
    ve2: await answerAt(machine, 80, 've2.example.com'),
    nobody: (await answerAt(machine, 80, 'nobody.example.com')).status,
    heard: await heardIn(machine, 've2'),
  }),
  expected: {
    ve1: { status: 200, body: 'the page of ve1' },
    ve2: { status: 200, body: 'the page of ve2' },
    nobody: 404,
    heard: 'the world',
  },
}

/** One of the two VPN servers: both give the same client the same address. */
function vpnServer(hypervisor: string): Scene {
  return {
    recipe: 'vpn-servers',
    hypervisor,
    proves: 'a client with a certificate comes in through the firewall and gets the address that is its own',
    bring: bringKeys,
    probe: joinVpn,
    expected: { address: '10.100.100.25', answered: 'yes' },
  }
}

/** The one of the usual run. */
export const shortScene = dedicatedServer
/** Those of the long one. */
export const longScenes: readonly Scene[] = [mailGateways, webApplication, userSlices, vpnServer('vpnsrva'), vpnServer('vpnsrvb')]
