import { guestFileHeader } from '../../../controller/primitives/lxcContainer/spec.ts'
import { type OpenvzContainerSpec, type OpenvzContainerWish, openvzContainer } from '../../../controller/primitives/openvzContainer/spec.ts'

/** Settings of the recipe, in the form that is compared. */
export const recipeSettings = {
  HOSTNAME: 'plpa.example.com',
  IP_ADDRESS: '192.168.100.2',
  NAMESERVER: '213.133.98.98 213.133.98.99',
  ONBOOT: 'yes',
  DISKSPACE: '8388608:9437184',
  NUMOTHERSOCK: '250:250',
  PRIVVMPAGES: '256000:256000',
}

export const interfacesFile = (address: string) => ({
  path: '/etc/network/interfaces',
  content: `${guestFileHeader}\nauto eth0\niface eth0 inet manual\n  up ip addr replace ${address} brd + dev eth0\n`,
  mode: '0644',
  refresh: 'ifOurs' as const,
})

/** A container as the kind compiles it, made from what lies in the cache; `settings` are laid over the recipe's. */
export function plpa(change: Partial<OpenvzContainerWish> = {}, settings: Readonly<Record<string, string>> = {}): OpenvzContainerSpec {
  return openvzContainer({
    ctid: '101',
    creation: { ostemplate: 'debian-12', sample: 'basic' },
    settings: { ...recipeSettings, ...settings },
    interfaces: [],
    guestFiles: [{ path: '/root/.ssh/authorized_keys', content: 'ssh-ed25519 AAAA me@home\n', mode: '0600', refresh: 'never' }],
    state: 'running',
    stop: { timeoutSeconds: 5, force: true },
    ...change,
  })
}
