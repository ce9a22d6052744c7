import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ran, runWith } from '../machine/shell.ts'

const root = join(import.meta.dirname, '../..')

/** A real Postfix with TLS and AUTH, and this machine's programs with bin/sendmail in the place of /usr/sbin/sendmail; without a network but the loopback. */
export interface Hub extends AsyncDisposable {
  readonly dir: string
  /** Shell text there. */
  run(script: string): Promise<Ran>
  must(script: string): Promise<string>
  /** Writes /etc/ssmtp/ssmtp.conf and revaliases. */
  configure(conf: string, revaliases?: string): Promise<void>
  /** Mails that Postfix delivered, as they lie in the mailbox, by Subject. */
  delivered(): ReadonlyMap<string, readonly string[]>
  /** What Postfix wrote into its log. */
  log(): string
}

export const password = 'p#ss "wo=rd'

const certificates = `openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem 2>/dev/null
for name in hub.test wrong.test; do
  openssl req -newkey rsa:2048 -nodes -subj /CN=$name -addext subjectAltName=DNS:$name -keyout $name.key -out $name.csr 2>/dev/null
  printf 'subjectAltName=DNS:%s' $name >ext
  openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $name.pem 2>/dev/null
done`

/** 25 plain, 465 TLS, 587 STARTTLS, 466 with a certificate of another name; AUTH over TLS alone; relays for nobody who did not say who he is. */
const postfix = (
  at: string,
) => `postconf -e compatibility_level=3.6 myhostname=hub.test mydestination= inet_interfaces=127.0.0.1 inet_protocols=ipv4 \
  maillog_file=${at}/postfix.log maillog_file_prefixes=${at} \
  virtual_mailbox_domains=foo.bar,hub.test virtual_mailbox_base=${at}/box virtual_mailbox_maps=static:all/ virtual_uid_maps=static:65534 virtual_gid_maps=static:65534 \
  smtpd_tls_cert_file=${at}/hub.test.pem smtpd_tls_key_file=${at}/hub.test.key smtpd_tls_security_level=may smtpd_tls_auth_only=yes \
  smtpd_sasl_auth_enable=yes smtpd_sasl_path=smtpd smtpd_sasl_local_domain=hub.test cyrus_sasl_config_path=/etc/postfix/sasl \
  smtpd_relay_restrictions=permit_sasl_authenticated,reject \
  'smtpd_recipient_restrictions=check_recipient_access inline:{{nobody@foo.bar=550 5.1.1 no such user},{grey@foo.bar=450 4.2.0 greylisted}},permit_sasl_authenticated,reject' \
  'smtpd_data_restrictions=check_recipient_access inline:{{spam@foo.bar=554 5.7.1 looks like spam}}'
postconf -F '*/*/chroot = n'
rm -f /var/spool/postfix/*/[0-9A-F]* /var/spool/postfix/maildrop/* /etc/sasldb2
mkdir -p /etc/postfix/sasl
postconf -M 'smtps/inet=127.0.0.1:465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes'
postconf -M 'submission/inet=127.0.0.1:587 inet n - n - - smtpd -o smtpd_tls_security_level=encrypt'
postconf -M 'wrong/inet=127.0.0.1:466 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_tls_cert_file=${at}/wrong.test.pem -o smtpd_tls_key_file=${at}/wrong.test.key'
postconf -M 'postlog/unix-dgram=postlog unix-dgram n - n - 1 postlogd'
printf '%s\\n' 'pwcheck_method: auxprop' 'auxprop_plugin: sasldb' 'mech_list: PLAIN LOGIN CRAM-MD5' >/etc/postfix/sasl/smtpd.conf
printf %s "$PASSWORD" | saslpasswd2 -p -c -u hub.test robot
chown postfix /etc/sasldb2`

/** Its own mounts, network and processes: what runs there ends with it, and what is written there is written over this machine, not into it. */
const world = (at: string) => `set -e
mkdir -p ${at}/box ${at}/over
chown nobody ${at}/box
mount -t tmpfs -o mode=755 over ${at}/over
for one in etc opt usr/bin usr/sbin var/lib var/spool run; do
  mkdir -p ${at}/over/$one/upper ${at}/over/$one/work
  mount -t overlay overlay -o lowerdir=/$one,upperdir=${at}/over/$one/upper,workdir=${at}/over/$one/work /$one
done
mkdir -p /opt/reeve /etc/ssmtp
mount --bind ${root} /opt/reeve
mount -t tmpfs ssmtp /etc/ssmtp
printf '127.0.0.1 localhost hub.test wrong.test %s\\n' "$(hostname)" >/etc/hosts
rm -rf /etc/cron.d/* /etc/crontab /var/spool/cron/crontabs/* /run/crond.*
ip link set lo up
mount -t proc proc /proc
exec sleep 100000`

/** The commands of docs/mail.md that put bin/sendmail into its place, but for the configuration and systemd. */
function installation(): string {
  const page = readFileSync(join(root, 'docs/mail.md'), 'utf8')
  const block = /As root, with Reeve in .*:\n\n```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? 'the page has no commands'
  return block.replace(/^cat [\s\S]*?^END\n/m, '').replaceAll(/^(systemctl|cp) .*\n/gm, '')
}

export async function startHub(): Promise<Hub> {
  const dir = mkdtempSync(join(tmpdir(), 'reeve-hub-'))
  writeFileSync(join(dir, 'postfix.log'), '')
  const made = await runWith(['sh', '-es'], `chmod 0755 ${dir}; mkdir ${dir}/home; cd ${dir}; ${certificates}`)
  if (made.code !== 0) throw new Error(made.stderr)
  const holder = spawn('unshare', ['-m', '-n', '-p', '-f', '--kill-child', '--propagation', 'private', 'sh', '-c', world(dir)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const pid = await childOf(holder)
  const run = (script: string) =>
    runWith(
      ['nsenter', '-t', pid, '-m', '-n', '-p', 'sh', '-s'],
      `export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=${dir}/home PASSWORD='${password}'\ncd /\n${script}`,
    )
  const must = async (script: string) => {
    const { code, stdout, stderr } = await run(`set -e\n${script}`)
    if (code !== 0) throw new Error(`${script}: ${stdout}${stderr}`)
    return stdout
  }
  const hub: Hub = {
    dir,
    run,
    must,
    async configure(conf, revaliases = '') {
      writeFileSync(join(dir, 'conf'), conf)
      writeFileSync(join(dir, 'revaliases'), revaliases)
      await must(
        `umask 077; cd /etc/ssmtp; printf '%s\\n' "$PASSWORD" >password; cat ${dir}/conf >ssmtp.conf; cat ${dir}/revaliases >revaliases; chmod 0644 revaliases`,
      )
    },
    delivered: () => delivered(join(dir, 'box/all/new')),
    log: () => readFileSync(join(dir, 'postfix.log'), 'utf8'),
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => holder.once('close', resolve))
      process.kill(Number(pid), 'SIGKILL')
      await gone
      rmSync(dir, { recursive: true, force: true })
    },
  }
  await must(`${postfix(dir)}\npostfix start`)
  await hub.configure('MailHub=hub.test\n')
  await must(installation())
  return hub
}

/** The first process of the new namespaces, once everything is mounted. */
async function childOf(holder: ChildProcess): Promise<string> {
  let said = ''
  holder.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  for (let tries = 0; tries < 200; tries++) {
    if (holder.exitCode !== null) throw new Error(`the namespaces could not be made: ${said}`)
    const child = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim()
    if (child !== '' && readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('sleep')) return child
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the namespaces were not ready in ten seconds: ${said}`)
}

function delivered(folder: string): ReadonlyMap<string, readonly string[]> {
  const mails = new Map<string, readonly string[]>()
  let names: readonly string[] = []
  try {
    names = readdirSync(folder)
  } catch {
    return mails
  }
  for (const name of names) {
    const mail = readFileSync(join(folder, name), 'latin1')
    const subject = /^Subject: (.*)$/m.exec(mail)?.[1] ?? ''
    mails.set(subject, [...(mails.get(subject) ?? []), mail])
  }
  return mails
}
