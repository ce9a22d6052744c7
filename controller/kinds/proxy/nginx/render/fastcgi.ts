import { posix } from 'node:path'
import type { Location } from '../../places.ts'
import { type Directive, quoted } from '../language.ts'

/** CGI/1.1 (RFC 3875) as PHP wants it: Debian's fastcgi.conf, written out, since that file is not ours. */
const parameters: readonly (readonly [string, string])[] = [
  ['QUERY_STRING', '$query_string'],
  ['REQUEST_METHOD', '$request_method'],
  ['CONTENT_TYPE', '$content_type'],
  ['CONTENT_LENGTH', '$content_length'],
  ['REQUEST_URI', '$request_uri'],
  ['DOCUMENT_URI', '$document_uri'],
  ['DOCUMENT_ROOT', '$document_root'],
  ['SERVER_PROTOCOL', '$server_protocol'],
  ['REQUEST_SCHEME', '$scheme'],
  ['HTTPS', '$https if_not_empty'],
  ['GATEWAY_INTERFACE', 'CGI/1.1'],
  ['SERVER_SOFTWARE', 'nginx'],
  ['REMOTE_ADDR', '$remote_addr'],
  ['REMOTE_PORT', '$remote_port'],
  ['SERVER_ADDR', '$server_addr'],
  ['SERVER_PORT', '$server_port'],
  ['SERVER_NAME', '$server_name'],
  ['REDIRECT_STATUS', '200'],
  // A request's header Proxy would become the variable that programs take their own proxy from (httpoxy, CVE-2016-5385).
  ['HTTP_PROXY', '""'],
]

/** Only a script that is there is handed over: else `/upload.jpg/x.php` would run an uploaded file (PHP's cgi.fix_pathinfo). */
export function fastcgi({ socket, root, script }: NonNullable<Location['fastcgi']>, rootOfVhost: string | undefined): readonly Directive[] {
  const folder = script === undefined ? (root ?? rootOfVhost ?? '/var/empty') : posix.dirname(script)
  const named: readonly (readonly [string, string])[] =
    script === undefined
      ? [
          ['SCRIPT_FILENAME', '$document_root$fastcgi_script_name'],
          ['SCRIPT_NAME', '$fastcgi_script_name'],
        ]
      : [
          ['SCRIPT_FILENAME', quoted(script)],
          ['SCRIPT_NAME', quoted(`/${posix.basename(script)}`)],
        ]
  return [
    [`root ${quoted(folder)}`],
    ...(script === undefined ? [['try_files $uri =404'] as const] : []),
    ...[...named, ...parameters].map(([name, value]): Directive => [`fastcgi_param ${name} ${value}`]),
    [`fastcgi_pass ${quoted(`unix:${socket}`)}`],
  ]
}
