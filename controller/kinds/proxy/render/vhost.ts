import type { Fleet } from '../../model/fleet.ts'
import { parseBytes, parseSeconds } from '../../model/quantity.ts'
import { serverName } from './names.ts'
import { type Directive, literal, quoted, render, template } from './nginx.ts'
import { addressOfContainer, listenOf, listenWords, type Vhost } from './places.ts'

type Respond = NonNullable<Vhost['respond']>

/** The file of one vhost. */
export function vhostFile(vhost: Vhost, fleet: Fleet): string {
  const upstream = vhost.upstream ? [upstreamBlock(vhost, vhost.upstream, fleet)] : []
  return render([...upstream, ['server', serverBlock(vhost)]])
}

function upstreamBlock(vhost: Vhost, upstream: NonNullable<Vhost['upstream']>, fleet: Fleet): Directive {
  const servers = upstream.servers.map(({ container, address = '', port, backup }): Directive => {
    const host = container === undefined ? address : addressOfContainer(fleet, container)
    if (host === undefined) throw new Error(`check let a container without an address through: ${container}`)
    return [`server ${host.includes(':') ? `[${host}]` : host}:${port} max_fails=3 fail_timeout=10s${backup ? ' backup' : ''}`]
  })
  return [`upstream ${upstreamName(vhost)}`, [[`zone ${upstreamName(vhost)} 64k`], ...servers, ['keepalive 16']]]
}

function upstreamName({ name }: Vhost): string {
  return `reeve_${name}`
}

function serverBlock(vhost: Vhost): readonly Directive[] {
  const flag = vhost.default ? ' default_server' : ''
  return [
    ...listenWords(listenOf(vhost)).map((words): Directive => [`${words}${flag}`]),
    [`server_name ${namesOf(vhost).map(quoted).join(' ')}`],
    ...(vhost.accessLog ? [[`access_log ${quoted(vhost.accessLog.server)}`] as const] : []),
    ...limits(vhost),
    ...Object.entries(vhost.headers?.set ?? {}).map(
      ([name, value = '']): Directive => [`add_header ${quoted(name)} ${template(value)} always`],
    ),
    ...(vhost.locations ?? []).map(({ path, root, respond }): Directive => [`location ${quoted(path)}`, content(root, respond)]),
    ['location /', vhost.upstream ? passOn(vhost) : content(vhost.root, vhost.respond)],
  ]
}

/** A default vhost without names still gets one: nginx takes no name for the empty one, which somebody else may have. */
export function namesOf({ name, serverNames = [] }: Vhost): readonly string[] {
  const names = serverNames.map(serverName).flatMap((read) => (read.ok ? [read.value] : []))
  return names.length > 0 ? names : [`${name}.default.reeve.invalid`]
}

function limits({ limits: wanted = {}, upstream }: Vhost): readonly Directive[] {
  const body = wanted.bodySize === undefined ? undefined : parseBytes(wanted.bodySize)
  const times = { connect: 'proxy_connect_timeout', read: 'proxy_read_timeout', send: 'proxy_send_timeout' } as const
  return [
    ...(body?.ok ? [[`client_max_body_size ${body.value}`] as const] : []),
    ...Object.entries(times).flatMap(([field, directive]): readonly Directive[] => {
      const seconds =
        wanted[field as keyof typeof times] === undefined ? undefined : parseSeconds(wanted[field as keyof typeof times] ?? '')
      return upstream && seconds?.ok ? [[`${directive} ${seconds.value}s`]] : []
    }),
  ]
}

function content(root: string | undefined, respond: Respond | undefined): readonly Directive[] {
  if (root !== undefined) return [[`root ${quoted(root)}`], ['index index.html']]
  const { status = 404, body, contentType = 'text/plain' } = respond ?? {}
  return [[`default_type ${quoted(contentType)}`], [body === undefined ? `return ${status}` : `return ${status} ${literal(body)}`]]
}

/** The whole set of headers, always: one proxy_set_header here replaces all inherited ones (ngx_http_proxy_module). */
function passOn(vhost: Vhost): readonly Directive[] {
  const { host = 'Client', realIp = true, forwardedFor = 'Replace', forwardedProto = true } = vhost.headers ?? {}
  const isOff = vhost.accessLog?.proxied === 'Off'
  const upgrades = vhost.websockets ?? true
  const headers: readonly (readonly [string, string] | undefined)[] = [
    ['Host', host === 'Client' ? '$host' : '$proxy_host'],
    realIp ? ['X-Real-IP', '$remote_addr'] : undefined,
    ['X-Forwarded-For', forwardedFor === 'Replace' ? '$remote_addr' : '$proxy_add_x_forwarded_for'],
    forwardedProto ? ['X-Forwarded-Proto', '$scheme'] : undefined,
    ['X-Forwarded-Host', '$host'],
    upgrades ? ['Upgrade', '$http_upgrade'] : undefined,
    ['Connection', upgrades ? '$reeve_conn_upgrade' : '""'],
  ]
  return [
    ...(isOff ? [['access_log off'] as const] : []),
    [`proxy_pass http://${upstreamName(vhost)}`],
    ['proxy_http_version 1.1'],
    ...headers.filter((one) => one !== undefined).map(([name, value]): Directive => [`proxy_set_header ${name} ${value}`]),
  ]
}
