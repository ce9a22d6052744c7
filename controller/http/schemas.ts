import { alertConditions } from '../model/alarm.ts'
import { historySorts } from '../model/history.ts'
import { commitFaults, refusals } from '../model/refusedCommits.ts'
import { longestSilenceSeconds } from '../model/silence.ts'
import { apiVersion } from '../model/status.ts'
import { longestSuspensionSeconds } from '../model/suspension.ts'

/** A schema of JSON Schema 2020-12, as OpenAPI 3.1 takes it. What the routes validate with, and what docs/openapi.json shows. */
export type Schema = Readonly<Record<string, unknown>>

const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more })
const seconds = (description: string): Schema => ({ type: 'number', description: `${description}, seconds since the epoch` })
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description })

/** Every property is required but those that are named as optional. */
function fields(description: string, properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', additionalProperties: false, description, properties, required }
}

const hypervisorName = text('Name of a Hypervisor manifest', { pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' })
const manifestId = text('`Kind/name`', { pattern: '^[A-Z][A-Za-z]{1,40}/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$' })
const reason = text('Why, for whoever wonders', { minLength: 1, maxLength: 300, pattern: '\\S' })
const by = text('Who asks; beside a token its name is told too', { minLength: 1, maxLength: 100 })
const hash = text('A commit, or the first digits of one', { pattern: '^[0-9a-f]{6,64}$' })
const version: Schema = { type: 'integer', const: apiVersion, description: 'Version of the API' }

const suspendedParts = { hypervisor: hypervisorName, manifest: manifestId }
const silencedParts = { condition: text('As the runbook calls it', { enum: alertConditions }), ...suspendedParts }
/** What stands in force may be older than the rules for new ones. */
const shownParts = { hypervisor: text('Only of this hypervisor'), manifest: text('Only of this manifest, `Kind/name`') }
const given = {
  reason: text('Why'),
  givenBy: text('By whom'),
  fromSeconds: seconds('Since when'),
  untilSeconds: seconds('Until when'),
}

export const bodies = {
  reconcile: fields('What is looked at now; nothing named: every hypervisor', { hypervisor: hypervisorName, by }, ['hypervisor', 'by']),
  approve: fields('Which withheld change is let through', { hash: text('As status shows it', { pattern: '^[0-9a-f]{6,64}$' }), by }, [
    'by',
  ]),
  silence: {
    ...fields(
      'What no mails are sent about',
      {
        ...silencedParts,
        seconds: { type: 'integer', minimum: 60, maximum: longestSilenceSeconds, description: 'For how long' },
        reason,
        by,
      },
      [...Object.keys(silencedParts), 'by'],
    ),
    anyOf: [{ required: ['condition'] }, { required: ['hypervisor'] }, { required: ['manifest'] }],
  },
  endSilence: fields('Which silence', { id: text('As status shows it', { pattern: '^[0-9a-f]{8}$' }), by }, ['by']),
  suspend: {
    ...fields(
      'Where nothing is changed; neither hypervisor nor manifest: in the whole fleet',
      {
        ...suspendedParts,
        seconds: { type: 'integer', minimum: 60, maximum: longestSuspensionSeconds, description: 'For how long' },
        reason,
        by,
      },
      [...Object.keys(suspendedParts), 'by'],
    ),
    not: { required: ['hypervisor', 'manifest'] },
  },
  resume: {
    ...fields('Which suspension; neither hypervisor nor manifest: that of the whole fleet', { ...suspendedParts, by }, [
      ...Object.keys(suspendedParts),
      'by',
    ]),
    not: { required: ['hypervisor', 'manifest'] },
  },
} as const

export const historyQuery = fields(
  'Which entries; all that is named must hold',
  {
    sort: text('Only entries of this sort', { enum: historySorts }),
    subject: text('Only of this hypervisor, commit (its first digits do) or mail', { maxLength: 300 }),
    commit: { ...hash, description: 'What this commit did: itself, and all that was done or found while it was in force' },
    manifest: manifestId,
    sinceSeconds: { ...seconds('Not before'), minimum: 0 },
    untilSeconds: { ...seconds('Before'), minimum: 0 },
    limit: { type: 'integer', minimum: 1, maximum: 1000, default: 50, description: 'The newest so many' },
  },
  ['sort', 'subject', 'commit', 'manifest', 'sinceSeconds', 'untilSeconds', 'limit'],
)

export const result = fields('What became of a command', {
  ok: { type: 'boolean', description: 'Whether it was taken' },
  message: text('What was done or is wrong, for people'),
})

const nullable = (schema: Schema): Schema => ({ ...schema, type: [schema['type'], 'null'] })

const condition = fields('A standing truth about a manifest', {
  type: text('Which', { enum: ['Ready', 'Reconciling', 'Stalled', 'Healthy', 'Drifted', 'Suspended'] }),
  status: { enum: [true, false, 'unknown'], description: 'Whether it holds' },
  reason: text('CamelCase, stable: for machines'),
  message: text('One line: for people'),
  sinceSeconds: seconds('Last change of status'),
})

const drift = fields('A field that drifts and was not put right', {
  target: text('`he1`, or `he1/web` for a container on it'),
  item: text('`file:/etc/nginx/nginx.conf`'),
  field: text('Which field'),
  wanted: nullable(text('As Git says; null: absent. Secrets are masked')),
  found: nullable(text('As it is; null: absent. Secrets are masked')),
  sinceSeconds: seconds('First seen'),
  owners: list(text('`Kind/name`'), 'Manifests that asked for the item'),
})

const resource = fields('A manifest', {
  kind: text('Its kind'),
  name: text('Its name'),
  generation: text('Hash of its content in force'),
  observedGeneration: text('The generation that Ready or Stalled is about; empty where neither was seen yet'),
  targets: list(text('`he1/web`'), 'Where it is placed'),
  conditions: list(condition, 'How it stands; empty before it was looked at'),
  drift: list(drift, 'Its open drift'),
})

const withheld = fields('Changes that are not carried out', {
  brake: text('What holds them back'),
  because: text('Why'),
  changes: list(text('`update file:/etc/motd`'), 'What would be done'),
  approval: nullable(text('What approve takes; null where nobody can approve it')),
})

const hypervisor = fields('A hypervisor', {
  name: text('Its name'),
  isUp: { enum: [true, false, 'unknown'], description: 'Whether the last cycle could read it' },
  lastResult: nullable(text('How the last cycle ended')),
  lastCycleSeconds: nullable({ ...seconds('When it was last read') }),
  message: text('Why it is not as wanted'),
  withheld: list(withheld, 'What is held back on it'),
  suspended: nullable(text('Why a person suspended it; null where nobody did')),
})

const commit: Schema = {
  ...fields('The commit in force', {
    hash: text('All its digits'),
    author: text('Its author'),
    subject: text('The first line of its message'),
    atSeconds: seconds('When it was made'),
  }),
  type: ['object', 'null'],
}

const refusedCommits: Schema = {
  ...fields(
    'Commits that were brought over and do not come into force; null where there are none',
    {
      head: text("The branch's newest commit"),
      inForce: text('The commit that stays in force; absent where none ever was'),
      reason: text('Why', { enum: refusals }),
      because: text('Why, as a sentence'),
      todo: text('What to do'),
      commits: list(
        fields('A commit that is not trusted', {
          commit: text('All its digits'),
          author: text('Whatever its maker wrote'),
          subject: text('Whatever its maker wrote'),
          fault: text('What is wrong', { enum: commitFaults }),
          because: text('What is wrong, as a sentence'),
        }),
        'Those that are not trusted, oldest first; at most 50',
      ),
      count: { type: 'integer', description: 'How many there are' },
      approval: text('What approve takes; absent where nobody can approve it'),
    },
    ['inForce', 'approval'],
  ),
  type: ['object', 'null'],
}

export const status = fields('All that the controller knows now', {
  version,
  fleet: text('Its name'),
  commit,
  refused: refusedCommits,
  errors: list(text('file:line:column: what'), 'Errors in the manifests of this commit'),
  hypervisors: list(hypervisor, 'Every hypervisor'),
  resources: list(resource, 'Every manifest in force'),
  silences: list(
    fields(
      'No mails are sent about this',
      { id: text('What ends it'), condition: text('As the runbook calls it'), ...shownParts, ...given },
      ['condition', ...Object.keys(shownParts)],
    ),
    'Silences in force',
  ),
  suspensions: list(
    fields(
      'Nothing is changed there; neither hypervisor nor manifest: in the whole fleet',
      { ...shownParts, ...given },
      Object.keys(shownParts),
    ),
    'Suspensions in force, given by command; those of Git are conditions of the manifests',
  ),
})

const detail: Schema = {
  type: 'object',
  description: [
    'By sort. commit: author, subject, errors (how many)',
    'reconcile: status, message, changed, owners',
    'drift: item, fields [{field, before, after, cause}], owners, isCorrected',
    'mail: subject',
    'approval: by',
    'silence: what, by, reason',
    'suspension: what, by, reason, untilSeconds',
    'command: what, by',
    'webhook: branch, commit',
  ].join('; '),
}

export const history = fields('What happened, newest first', {
  version,
  entries: list(
    fields(
      'One entry',
      {
        atSeconds: seconds('When'),
        sort: text('What sort of entry', { enum: historySorts }),
        subject: text('Hypervisor, commit or mail that it is about'),
        commit: text('The commit that was in force, where something was done or found by it'),
        detail,
      },
      ['commit'],
    ),
    'Entries',
  ),
})
