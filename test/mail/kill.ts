// Run as a process of its own: sends one mail and is killed when the server took it, before the spool knows.
import { mailerTo, mailOf } from './sending.ts'

const [port, dir] = process.argv.slice(2)
const onResult = () => process.kill(process.pid, 'SIGKILL')
const mailer = await mailerTo(Number(port), String(dir), { seconds: 1000 }, { onResult })
await mailer.submit(mailOf('once'))
await mailer.flush()
