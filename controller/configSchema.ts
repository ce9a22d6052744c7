import { replicasSchema } from './configReplicas.ts'
import { hookProviders, statusProviders } from './forge/provider.ts'
import { alertConditions } from './model/alarm.ts'
import { mostTerms } from './model/epoch.ts'

/** A schema of JSON Schema's words that Reeve uses for its own configuration. */
interface Schema {
  readonly [keyword: string]: unknown
}

const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', minLength: 1, maxLength: 1000, description, ...more })
const absolutePath = (description: string): Schema => text(`${description}, an absolute path`, { pattern: '^/[^\\x00-\\x1f]*$' })
const duration = (description: string, byDefault: string): Schema =>
  text(`${description}, such as 30s or 5m`, { maxLength: 20, default: byDefault })
const port = (description: string, more: Schema = {}): Schema => ({ type: 'integer', minimum: 1, maximum: 65_535, description, ...more })

function fields(description: string, properties: Schema, required: readonly string[] = [], more: Schema = {}): Schema {
  return { type: 'object', additionalProperties: false, description, properties, required, ...more }
}

function named(description: string, each: Schema): Schema {
  const propertyNames = { pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$', description: 'a name has 1 to 63 characters of a-z, 0-9 and -' }
  return { type: 'object', description, propertyNames, additionalProperties: each, default: {} }
}

const identity = fields(
  'A key that hypervisors name',
  { privateKeyFile: absolutePath('File with a private key for ssh'), agent: { const: true, description: 'Use the keys of the ssh agent' } },
  [],
  {
    oneOf: [{ required: ['privateKeyFile'] }, { required: ['agent'] }],
  },
)

const hostKey = text('A host key as ssh-keyscan prints it, such as "ssh-ed25519 AAAA…"', {
  pattern: '^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+$',
  maxLength: 4096,
})

const jumpHost = fields(
  'A machine that stands before hypervisors and is no hypervisor itself',
  {
    address: text('DNS name or IP address', { pattern: '^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$', maxLength: 253 }),
    port: port('Port of its sshd', { default: 22 }),
    user: text('User to log in as', { pattern: '^[a-z_][-a-z0-9_.]*$', maxLength: 32, default: 'root' }),
    identity: text('A name of identities', { maxLength: 63, default: 'default' }),
    hostKeys: { type: 'array', description: 'Its pinned host keys', items: hostKey, minItems: 1, maxItems: 20 },
  },
  ['address', 'hostKeys'],
)

const mailAddress = text('a mail address', { pattern: '^[^\\s@<>",;]+@[^\\s@<>",;]+$', maxLength: 254 })

const receivers = (description: string): Schema => ({ type: 'array', description, items: mailAddress, minItems: 1, maxItems: 50 })

const times: Schema = {
  cron: text('When, as minute, hour, day, month and weekday: 0 7 * * *', { maxLength: 100 }),
  timeZone: text('Time zone of that, such as Europe/Berlin', { maxLength: 100, default: 'UTC' }),
}

const smarthost = (description: string): Schema =>
  fields(
    description,
    {
      host: text('DNS name or IP address of the mail server', { pattern: '^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$', maxLength: 253 }),
      port: port('Port of the mail server', { default: 25 }),
      secure: { type: 'boolean', description: 'TLS from the first byte (port 465)', default: false },
      user: text('User to authenticate as', { maxLength: 254 }),
      passwordFile: absolutePath('File with the password'),
      certificateAuthority: absolutePath('File with the certificate authority of the mail server, PEM'),
    },
    ['host'],
  )

const mail = fields(
  'Where alerts are mailed to',
  {
    smarthost: smarthost('The mail server that takes our mail'),
    fallback: smarthost('The mail server that is asked where the first one cannot be'),
    ssmtpConf: absolutePath('An ssmtp.conf that names the mail servers, instead of smarthost'),
    from: { ...mailAddress, description: 'the sender, a mail address' },
    to: receivers('The receivers'),
    digest: fields('A mail of how the fleet stands and what happened', times, ['cron']),
    deadMan: fields(
      'A mail that stays away when Reeve does not work',
      { ...times, to: receivers('Its receivers, such as a service that rings when it stays away') },
      ['cron'],
    ),
  },
  ['from', 'to'],
)

/** The newest layout of reeve.yaml that this program reads. */
export const configVersion = 1

/** Before all else: what a newer layout means by its fields is not known here. */
export function versionFault(version: unknown): string | undefined {
  if (!Number.isInteger(version) || Number(version) <= configVersion) return undefined
  return `this file is of version ${version}, for a newer Reeve; this one knows ${configVersion}: start that Reeve, or write the file anew by docs/upgrade.md`
}

const listener = (byDefault: number): Schema =>
  fields(
    'Where it is listened',
    {
      address: text('IP address to listen on', { default: '127.0.0.1', maxLength: 45, pattern: '^[0-9a-fA-F.:]+$' }),
      port: port('Port to listen on', { default: byDefault }),
    },
    [],
    { default: {} },
  )

const perMinute = (description: string, byDefault: number): Schema => ({
  type: 'integer',
  minimum: 1,
  maximum: 1_000_000,
  description,
  default: byDefault,
})

const webhooks = fields(
  'A listener that a forge tells of a push',
  {
    provider: { type: 'string', description: 'Who signs', enum: hookProviders },
    secretFile: absolutePath('File (0600) with the secret; a second line is accepted too, while it is changed'),
    listen: listener(9809),
    proxies: {
      type: 'array',
      description: 'Addresses and prefixes of proxies whose X-Forwarded-For is believed',
      items: text('an IP address or a prefix such as 192.0.2.0/24', { maxLength: 49, pattern: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$' }),
      maxItems: 50,
      default: [],
    },
    limits: fields(
      'Requests a minute; what is beyond is refused unread',
      { perSource: perMinute('From one address', 60), inAll: perMinute('From all together', 600) },
      [],
      { default: {} },
    ),
  },
  ['provider'],
)

const commitStatus = fields(
  'A forge that is told what became of each commit',
  {
    provider: { type: 'string', description: 'Which forge', enum: statusProviders },
    api: text("Begin of the forge's API, such as https://git.example.org/api/v1", {
      pattern: '^https?://[^\\s?#@]+[^\\s?#@/]$',
      maxLength: 500,
    }),
    repository: text('owner/name of the repository there; of GitLab the path of the project, or its number', {
      pattern: '^([A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+$',
      maxLength: 300,
    }),
    tokenFile: absolutePath('File (0600) with a token that may write commit statuses'),
    context: text('First part of the names that the statuses have', {
      default: 'reeve',
      maxLength: 60,
      pattern: '^[A-Za-z0-9][A-Za-z0-9_. -]*$',
    }),
    targetUrl: text('Where the status leads to', { pattern: '^https?://[^\\s]+$', maxLength: 255 }),
  },
  ['provider', 'repository', 'tokenFile'],
)

const maintenance = fields(
  'Hours in which nothing is mailed about what is named; without a name about nothing at all',
  {
    cron: text('When they begin: minute, hour, day, month and weekday', { maxLength: 100 }),
    duration: text('How long they last, such as 2h', { maxLength: 20 }),
    timeZone: text('Name of the IANA database', { maxLength: 64 }),
    reason: text('What is done then', { maxLength: 300 }),
    condition: { type: 'string', description: 'An alert, as the runbook calls it', enum: alertConditions },
    hypervisor: text('Name of a hypervisor', { pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' }),
    manifest: text('Kind/name', { pattern: '^[A-Z][A-Za-z]{1,40}/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$' }),
  },
  ['cron', 'duration', 'reason'],
)

/** The shape of reeve.yaml. */
export const configSchema = fields(
  "Reeve's own configuration",
  {
    version: { description: 'Version of the layout of this file', const: configVersion, default: configVersion },
    fleet: text("the fleet's name: 1 to 63 characters of a-z, 0-9 and -", { pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' }),
    epoch: {
      type: 'integer',
      minimum: 1,
      maximum: mostTerms,
      description: 'Term of this installation: a host refuses one with a lower number',
      default: 1,
    },
    repository: fields(
      'The Git repository with the manifests',
      {
        url: text('an absolute path, file:///path, https://host/path or ssh://user@host/path'),
        branch: text('The branch that is in force', { default: 'main', maxLength: 200 }),
        path: text('Folder of the repository that holds the manifests', { default: '.', maxLength: 500 }),
        pollInterval: duration('Time between two questions to the repository', '5s'),
        identityFile: absolutePath('File with a private key for ssh'),
        knownHosts: absolutePath('File with the pinned host keys of the server, as known_hosts(5)'),
        certificateAuthority: absolutePath('File with the certificate authority of an https server, PEM'),
        trust: fields('Who may sign commits; once it is there, no other commit is applied', {
          allowedSigners: absolutePath('File with SSH keys, as allowed_signers of ssh-keygen(1)'),
          revokedKeys: absolutePath('File with revoked SSH keys: a KRL, or public keys one a line'),
          openpgpKeys: absolutePath('File with OpenPGP public keys, as gpg --export writes them'),
          unsignedMerges: {
            type: 'string',
            description: 'What becomes of merge commits without a signature',
            enum: ['Refuse', 'Clean'],
            default: 'Refuse',
          },
        }),
      },
      ['url'],
    ),
    identities: named('Keys that hypervisors name', identity),
    jumpHosts: named('Machines that stand before hypervisors', jumpHost),
    resync: duration('Time between two looks at a hypervisor where nothing happened', '60s'),
    listen: fields(
      'Where metrics and the API are served',
      {
        address: text('IP address to listen on', { default: '127.0.0.1', maxLength: 45, pattern: '^[0-9a-fA-F.:]+$' }),
        port: port('Port to listen on', { default: 9808 }),
      },
      [],
      { default: {} },
    ),
    stateDir: { ...absolutePath('Folder for what may be lost'), default: '/var/lib/reeve-controller' },
    mail,
    webhooks,
    commitStatus,
    alerts: fields(
      'When a mail is sent about what',
      {
        groupWait: duration('How long the first cause waits for others of its sort on the same hypervisor', '30s'),
        groupInterval: duration('Least time between two mails about causes of one sort on a hypervisor', '5m'),
        repeatCritical: duration('After how long a mail reminds of what still stands and is critical', '4h'),
        repeatWarning: duration('The same of what is no more than a warning', '24h'),
        keepFiring: duration('How long what came back within an hour must stay away to be over; doubles each time', '2m'),
      },
      [],
      { default: {} },
    ),
    maintenance: { type: 'array', description: 'Hours of planned work', items: maintenance, maxItems: 100 },
    replicas: replicasSchema,
    secrets: fields('How the secrets of the repository are decrypted', {
      identityFile: absolutePath('File with age identities, as age-keygen(1) or `reeve secret keygen` writes it'),
    }),
    api: fields(
      'Who may tell the controller something',
      {
        tokensFile: absolutePath('File with the tokens that may write over TCP, as `reeve token create` writes it'),
        hosts: {
          type: 'array',
          description: 'Names by which metrics, API and page are asked for, beside addresses, localhost and the name of this machine',
          items: text('a DNS name', { maxLength: 253, pattern: '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$' }),
          maxItems: 50,
          default: [],
        },
      },
      [],
      { default: {} },
    ),
    history: fields(
      'How long it is remembered what happened',
      {
        retention: duration('For how long', '90d'),
        maxEntries: { type: 'integer', minimum: 100, maximum: 10_000_000, description: 'So many entries at most', default: 200_000 },
      },
      [],
      { default: {} },
    ),
    timeouts: fields(
      'How long is waited for what',
      {
        connect: duration('For a connection to a hypervisor', '10s'),
        observe: duration('For an observation', '60s'),
        apply: duration('For an apply', '300s'),
        confirm: duration('For a confirmation before a host undoes', '30s'),
      },
      [],
      { default: {} },
    ),
    logLevel: { type: 'string', description: 'How much is logged', enum: ['debug', 'info', 'warn', 'error'], default: 'info' },
  },
  ['fleet', 'repository'],
)
