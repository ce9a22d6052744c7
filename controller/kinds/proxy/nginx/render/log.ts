import type { Vhost } from '../../places.ts'
import { type Directive, quoted } from '../language.ts'

export function accessLog(log: Vhost['accessLog']): readonly Directive[] {
  return log ? [[`access_log ${quoted(log.server)}${log.format === 'Json' ? ' reeve_json' : ''}`]] : []
}

/** Fields of a line of JSON: what nginx's `combined` has, the vhost, and the times taken. */
const fields = {
  time: 'time_iso8601',
  client: 'remote_addr',
  host: 'host',
  method: 'request_method',
  uri: 'request_uri',
  protocol: 'server_protocol',
  status: 'status',
  bytes: 'body_bytes_sent',
  referer: 'http_referer',
  agent: 'http_user_agent',
  seconds: 'request_time',
  upstream: 'upstream_addr',
  upstreamSeconds: 'upstream_response_time',
  request: 'request_id',
} as const

/** Defines the format where somebody logs so; nginx escapes the values. */
export function logFormats(vhosts: readonly Vhost[]): readonly Directive[] {
  if (!vhosts.some(({ accessLog: log }) => log?.format === 'Json')) return []
  const line = Object.entries(fields).map(([field, variable]) => `"${field}":"$${variable}"`)
  return [[`log_format reeve_json escape=json '{${line.join(',')}}'`]]
}
