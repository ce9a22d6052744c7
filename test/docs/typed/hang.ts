import type { Scene } from './line.ts'

const PLAN = { PLAN: '"$(ls /var/lib/reeve/journal | head -n 1)"' }
const anyJournal =
  'for i in $(seq 100); do ls /var/lib/reeve/journal/*/state-* >/dev/null 2>&1 && pgrep -x sleep >/dev/null && break; sleep 0.2; done'

/** An apply whose command hangs, as the runbook's ReconcileFailed tells it, and that is then cut off with nobody there to end it. */
export const hangScenes: readonly Scene[] = [
  {
    name: 'a commit whose check hangs',
    on: 'controller',
    before: `cd ~/fleet
sed -i 's|^spec:$|&\\n  restarts: Always|' he1.yaml
sed -i 's|^    files:$|&\\n      - path: /etc/hang.conf\\n        content: hang|' he1.yaml
printf '    services:\\n      - unit: cron.service\\n        loads: [/etc/hang.conf]\\n        check: [sleep, "1234"]\\n' >>he1.yaml
reeve validate . && git commit -qam 'a check that hangs' && git push -q origin main`,
    lines: [],
  },
  {
    name: 'an apply in hand that hangs',
    on: 'he1',
    before: anyJournal,
    lines: [
      { text: 'ls /var/lib/reeve/journal/*/', says: /state-/ },
      { text: 'cat /var/lib/reeve/journal/*/state-*', says: /begun/ },
      { text: 'cat /var/lib/reeve/journal/PLAN/state-*', as: PLAN, says: /begun/ },
      { text: 'systemd-cgls -u reeve-PLAN-run.service', as: PLAN, says: /sleep 1234/ },
    ],
  },
  {
    name: 'a controller that is gone',
    on: 'controller',
    before:
      'systemctl kill -s KILL reeve; systemctl stop reeve; cd ~/fleet && git revert --no-edit HEAD >/dev/null && git push -q origin main',
    lines: [],
  },
  {
    name: 'an apply that was cut off',
    on: 'he1',
    before:
      'systemctl kill -s KILL reeve-$(ls /var/lib/reeve/journal | head -n 1)-run.service; while pgrep -x sleep >/dev/null; do sleep 0.1; done',
    lines: [{ text: 'sh /var/lib/reeve/journal/PLAN/apply recover', as: PLAN }],
    after: 'test ! -e /etc/hang.conf',
  },
  {
    name: 'the controller again',
    on: 'controller',
    before: 'systemctl start reeve; for i in $(seq 60); do reeve status >/dev/null && break; sleep 1; done; reeve status',
    lines: [],
  },
]
