// A mail server for machines of tests: `mail-hub.ts PORT MODE KEY CERTIFICATE [USER PASSWORD]`. MODE is implicit, starttls or plain. Each mail it takes is a line of JSON.
import { readFileSync } from 'node:fs'
import { SMTPServer } from 'smtp-server'

const [port = '0', mode = 'plain', key = '', certificate = '', user, password] = process.argv.slice(2)

const server = new SMTPServer({
  ...(mode === 'plain' ? { hideSTARTTLS: true } : { key: readFileSync(key), cert: readFileSync(certificate), secure: mode === 'implicit' }),
  authOptional: user === undefined,
  disableReverseLookup: true,
  logger: false,
  onAuth: (auth, _session, done) => {
    const isRight = auth.username === user && auth.password === password
    done(isRight ? null : new Error('wrong'), isRight ? { user: auth.username } : undefined)
  },
  onData: (stream, session, done) => {
    let raw = ''
    stream.setEncoding('utf8').on('data', (text: string) => (raw += text))
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope
      const mail = {
        from: mailFrom === false ? '' : mailFrom.address,
        to: rcptTo.map(({ address }) => address),
        user: session.user,
        tls: session.secure,
        raw,
      }
      process.stdout.write(`${JSON.stringify(mail)}\n`)
      done()
    })
  },
})
server.on('error', () => undefined)
server.listen(Number(port), '0.0.0.0', () => process.stdout.write('"ready"\n'))
