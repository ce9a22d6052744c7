import { startSmtpCatcher } from '../lab/smtp-catcher.ts'

// A mail server inside a machine's network namespace: the first line is its port, then one line of JSON for each mail.
const catcher = await startSmtpCatcher({
  onMail: ({ headers, body }) => console.log(JSON.stringify({ subject: headers['subject'], body })),
})
console.log(catcher.port)
