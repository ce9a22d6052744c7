import type { Scene } from './line.ts'

/** The runbook's *Leaving a host*, in its order. */
export const leavingScenes: readonly Scene[] = [
  {
    name: 'a host whose manifests are suspended',
    on: 'controller',
    before: `cd ~/fleet
sed -i 's|^spec:$|&\\n  suspend: {reason: we leave}|' he1.yaml firewall.yaml
reeve validate . && git commit -qam 'We leave he1' && git push -q origin main
for i in $(seq 60); do reeve status | head -n 1 | grep -q 'We leave' && break; sleep 1; done`,
    lines: [
      { text: 'reeve release he1', ends: [1], says: /he1/ },
      { text: 'reeve release HYPERVISOR', as: { HYPERVISOR: 'he1 --yes' }, says: /released/ },
    ],
    after:
      'cd ~/fleet && git rm -q he1.yaml firewall.yaml && git commit -qm gone && git push -q origin main; systemctl disable --now reeve',
  },
  {
    name: 'a host that was left',
    on: 'he1',
    lines: [],
    after: 'test ! -e /var/lib/reeve/ledger && test -e /etc/motd && nft list table inet reeve >/dev/null',
  },
]
