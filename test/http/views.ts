import type { Condition, ConditionType } from '../../controller/model/condition.ts'
import type { HistoryEntry } from '../../controller/model/history.ts'
import type { HypervisorView, OpenDriftView, ResourceView, StatusView } from '../../controller/model/status.ts'

const now = Math.floor(Date.now() / 1000)

function condition(type: ConditionType, status: Condition['status'], message = ''): Condition {
  return { type, status, reason: 'Because', message, sinceSeconds: now - 600 }
}

function resource(
  kind: string,
  name: string,
  targets: readonly string[],
  conditions: readonly Condition[] = [],
  drift: readonly OpenDriftView[] = [],
): ResourceView {
  const usual = [condition('Ready', true), condition('Healthy', true), condition('Drifted', false), condition('Suspended', false)]
  const all = usual.map((one) => conditions.find(({ type }) => type === one.type) ?? one)
  return { kind, name, generation: 'abc', observedGeneration: 'abc', targets, conditions: all, drift }
}

function hypervisor(name: string, more: Partial<HypervisorView> = {}): HypervisorView {
  return { name, isUp: true, lastResult: 'noop', lastCycleSeconds: now - 20, message: '', withheld: [], suspended: null, ...more }
}

const nginx = (port: number) =>
  `events {}\nhttp {\n  server {\n    listen ${port};\n    server_name www.example.org;\n    root /srv/www;\n  }\n}\n`

const drift: readonly OpenDriftView[] = [
  {
    target: 'he1/web',
    item: 'file:/etc/nginx/nginx.conf',
    field: 'content',
    wanted: nginx(80),
    found: nginx(81),
    sinceSeconds: now - 4000,
    owners: ['Proxy/edge'],
  },
  {
    target: 'he1/web',
    item: 'file:/etc/nginx/nginx.conf',
    field: 'mode',
    wanted: '0644',
    found: '0600',
    sinceSeconds: now - 4000,
    owners: ['Proxy/edge'],
  },
]

const commit = {
  hash: '3f2a9c41d07be56a8812f0c4d9a7e6b5c4d3e2f1',
  author: 'Ann Ode',
  subject: 'Proxy: serve the shop over port 80',
  atSeconds: now - 300,
}

export const goodStatus: StatusView = {
  fleet: 'home',
  commit,
  refused: null,
  errors: [],
  hypervisors: [hypervisor('he1'), hypervisor('he2', { lastResult: 'converged', lastCycleSeconds: now - 3 })],
  resources: [
    resource('Container', 'web', ['he1']),
    resource('Firewall', 'basic', ['he1', 'he2']),
    resource('Hypervisor', 'he1', ['he1']),
    resource('Hypervisor', 'he2', ['he2']),
    resource('Zone', 'example.org', ['he1/dns', 'he2/dns']),
  ],
  silences: [],
  suspensions: [],
}

export const badStatus: StatusView = {
  ...goodStatus,
  errors: ['fleet/edge.yaml:12:7: spec.sites[0].listen: 80000 is too large: at most 65535'],
  hypervisors: [
    hypervisor('he1', {
      lastResult: 'withheld',
      message: 'lxcContainer:web needs a restart and its maintenance window is closed',
      withheld: [
        {
          brake: 'Restart',
          because: 'lxcContainer:web needs a restart and its maintenance window is closed',
          changes: ['update lxcContainer:web'],
          approval: '0123456789ab',
        },
      ],
    }),
    hypervisor('he2', { isUp: false, lastResult: 'error', lastCycleSeconds: now - 900, message: 'connect ETIMEDOUT 192.0.2.11:22' }),
    hypervisor('he3', { suspended: 'a new disk (ann, until 2026-12-01 09:00 UTC)', lastResult: 'held' }),
  ],
  resources: [
    resource('Container', 'web', ['he1'], [condition('Ready', true)]),
    resource('Firewall', 'basic', ['he1', 'he3']),
    resource(
      'Proxy',
      'edge',
      ['he1/web'],
      [condition('Ready', false, 'he1/web: nginx -t: unknown directive "listn" in /etc/nginx/nginx.conf:4'), condition('Drifted', true)],
      drift,
    ),
    resource('Zone', 'example.org', ['he3/dns'], [condition('Suspended', true, 'he3: a new disk (ann, until 2026-12-01 09:00 UTC)')]),
  ],
  silences: [],
  suspensions: [{ hypervisor: 'he3', reason: 'a new disk', givenBy: 'ann', fromSeconds: now - 3000, untilSeconds: now + 86_400 }],
}

export const goodHistory: readonly HistoryEntry[] = [
  {
    atSeconds: now - 280,
    sort: 'reconcile',
    subject: 'he1',
    commit: commit.hash,
    detail: {
      status: 'converged',
      message: '',
      changed: ['done file:/etc/nginx/nginx.conf, service:nginx', 'done nftTable:inet reeve'],
      owners: ['Proxy/edge'],
    },
  },
  {
    atSeconds: now - 300,
    sort: 'commit',
    subject: commit.hash,
    commit: commit.hash,
    detail: { author: commit.author, subject: commit.subject, errors: 0 },
  },
  {
    atSeconds: now - 86_400,
    sort: 'commit',
    subject: 'a'.repeat(40),
    detail: { author: 'Bob', subject: 'README: say who is on call', errors: 0 },
  },
]

export const badHistory: readonly HistoryEntry[] = [
  {
    atSeconds: now - 60,
    sort: 'suspension',
    subject: 'he3',
    detail: { what: 'suspended', by: 'ann', reason: 'a new disk', untilSeconds: now + 86_400 },
  },
  { atSeconds: now - 100, sort: 'mail', subject: 'Unreachable.1', detail: { subject: '[reeve] he2: unreachable' } },
  {
    atSeconds: now - 200,
    sort: 'drift',
    subject: 'he1',
    detail: { item: 'he1/web file:/etc/nginx/nginx.conf', fields: [], isCorrected: true },
  },
  ...goodHistory,
]

const poison =
  '</pre><img src=x onerror=window.pwned=1><script>window.pwned=1</script>\u202e\u0007\u200b"\'`${window.pwned=1} javascript:alert(1)'

/** The same, every text of people and hosts poisoned; words that machines choose stay. */
export function hostile<T>(value: T, name = ''): T {
  const fixed = ['type', 'status', 'sort', 'hash', 'commit', 'lastResult', 'approval', 'kind', 'reason']
  if (typeof value === 'string') return (fixed.includes(name) ? value : `${value}${poison}`) as T
  if (Array.isArray(value)) return value.map((one: unknown) => hostile(one, name)) as T
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]: [string, unknown]) => [key, hostile(one, key)])) as T
  return value
}
