import type { Scene } from './line.ts'

const he1 = { HYPERVISOR: 'he1' }

/** Asks until it is so; whoever must wait longer than a minute has found a bug. */
const until = (question: string) => `for i in $(seq 60); do ${question} && break; sleep 1; done; ${question}`

const signing = `cd ~/fleet
[ -e ~/.ssh/signing ] || ssh-keygen -q -t ed25519 -N '' -C ann@example.org -f ~/.ssh/signing
git config gpg.format ssh; git config user.signingkey ~/.ssh/signing.pub
echo "ann@example.org namespaces=\\"git\\" $(cat ~/.ssh/signing.pub)" >/tmp/signers; git config gpg.ssh.allowedSignersFile /tmp/signers`

export const controllerScenes: readonly Scene[] = [
  {
    name: 'a controller that runs',
    on: 'controller',
    before: until('reeve status >/dev/null'),
    lines: [
      { text: 'reeve status', says: /^fleet home at [0-9a-f]{12} / },
      { text: 'reeve status HYPERVISOR', as: he1, says: /he1/ },
      { text: 'reeve status KIND/NAME', as: { 'KIND/NAME': 'Firewall/he1' }, says: /Firewall\/he1 +ready/ },
      { text: 'reeve history', says: /commit/ },
      { text: 'reeve history HYPERVISOR', as: he1, says: /he1/ },
      { text: 'reeve history --sort drift', says: /etc\/motd/ },
      { text: 'reeve history --sort mail' },
      { text: 'reeve history --sort webhook', says: /push to main/ },
      { text: 'reeve reconcile', says: /^queued every hypervisor/ },
      { text: 'reeve reconcile HYPERVISOR', as: he1, says: /^queued he1/ },
      { text: 'reeve plan', says: /nothing to do/ },
      { text: 'reeve plan --hypervisor HYPERVISOR', as: he1, says: /nothing to do/ },
      { text: 'reeve plan --hypervisor he1', says: /nothing to do/ },
      { text: 'reeve apply', says: /nothing to do/ },
      { text: 'reeve run', ends: [2], says: /^reeve: another Reeve answers on .*reeve\.sock; stop it first, or choose another stateDir$/m },
      { text: "reeve silence --hypervisor he1 --for 2h --reason 'new disk'", says: /^silence [0-9a-f]{8}: no mails/ },
      { text: "reeve silence --hypervisor he1 --for 30m --reason 'reboot for a new kernel'", says: /^silence [0-9a-f]{8}/ },
      { text: "reeve suspend he1 --for 2h --reason 'I am repairing this'", says: /^he1 is suspended until/ },
      { text: "reeve suspend he1 --for 2h --reason 'a new disk'", says: /^he1 is suspended until/ },
      { text: 'reeve hostkey ADDRESS', as: { ADDRESS: '192.0.2.10' }, says: /^ssh-ed25519 / },
      { text: 'reeve hostkey 192.0.2.10', says: /^ssh-ed25519 / },
      { text: 'reeve takeover HYPERVISOR', as: he1, ends: [1], says: /its ledger: fleet home, hypervisor he1/ },
      { text: 'reeve takeover he1', ends: [1], says: /nothing was changed/ },
      { text: 'reeve takeover HYPERVISOR --yes', as: he1, says: /he1 is fleet home's now/ },
      { text: 'reeve takeover he1 --yes', says: /he1 is fleet home's now/ },
      { text: 'ssh USER@ADDRESS -p PORT true', as: { 'USER@ADDRESS': '-i /etc/reeve/id_ed25519 reeve@192.0.2.10', PORT: '22' } },
      { text: 'systemctl status reeve', says: /active \(running\)/ },
      { text: 'systemctl show reeve -P NRestarts', says: /^\d+\n$/ },
      { text: 'journalctl -u reeve -e', says: /roundTrips/ },
      { text: 'journalctl -u reeve -f', prefix: 'timeout 2 ', ends: [124], says: /"component":/ },
      { text: 'journalctl -k', ends: [0, 1] },
      { text: 'curl -sS http://127.0.0.1:9808/healthz', says: /ok/ },
      {
        text: 'curl -i -X POST https://reeve.example.org/hooks/github',
        as: { 'https://reeve.example.org/hooks/github': 'http://127.0.0.1:9809/hooks/generic' },
        says: /^HTTP\/1\.1 401/,
      },
      { text: 'git ls-remote URL BRANCH', as: { URL: '/srv/fleet.git', BRANCH: 'main' }, says: /\trefs\/heads\/main$/m },
      { text: 'ls -R /var/lib/reeve-controller/mail', says: /new:/ },
      {
        text: 'ssh -L 9808:127.0.0.1:9808 CONTROLLER',
        as: { CONTROLLER: '192.0.2.1', '-L': '-G -L' },
        says: /localforward 9808 \[127\.0\.0\.1\]:9808/,
      },
      { text: 'systemctl restart reeve' },
    ],
    after: `${until('reeve history >/dev/null')}; reeve resume he1; ${until('reeve status >/dev/null')}; test -z "$(find /var/lib/reeve-controller -user root)"`,
  },
  {
    name: 'a clone of the repository',
    on: 'controller',
    before: `${signing}\nmkdir -p ~/keys; export GNUPGHOME=~/keys; chmod 0700 ~/keys; gpg -q --batch --passphrase '' --quick-gen-key ann@example.org`,
    lines: [
      { text: 'reeve validate', says: /0 invalid, 0 findings/ },
      { text: 'reeve validate .', says: /0 invalid, 0 findings/ },
      { text: 'reeve validate DIR', as: { DIR: '.' }, says: /0 invalid, 0 findings/ },
      { text: 'reeve validate -o github' },
      { text: 'reeve render', says: /\/etc\/motd/ },
      { text: 'reeve secret recipients', says: /^age1\S+ {2}this controller/ },
      { text: 'reeve secret encrypt NAME', as: { NAME: 'other-key' }, prefix: 'echo a-value | ', says: /secrets\/other-key\.age/ },
      { text: 'age -a -R secrets/recipients.txt -o secrets/tsig-key.age', prefix: 'rm secrets/tsig-key.age; echo a-value | ' },
      {
        text: 'gpg --export --armor FINGERPRINT >>/etc/reeve/keys.asc',
        as: { FINGERPRINT: 'ann@example.org' },
        prefix: 'GNUPGHOME=~/keys ',
      },
      {
        text: 'git merge -S --no-ff BRANCH',
        as: { BRANCH: 'side' },
        prefix:
          'git branch side; git commit -q --allow-empty -m main; git switch -q side; git commit -q --allow-empty -S -m side; git switch -q main; ',
      },
      { text: "git log --format='%h %GK %s'", prefix: 'PAGER=cat ', says: /^[0-9a-f]+ \S+ Merge branch 'side'/ },
      {
        text: "git log --format='%h %G? %GS %an %s' BEFORE..HEAD",
        as: { BEFORE: 'HEAD~3' },
        prefix: 'PAGER=cat ',
        says: /^[0-9a-f]+ G ann@example\.org Ann Example Merge/,
      },
    ],
    after: 'cd ~/fleet; git checkout -q .; git clean -qfd; git push -q origin main; rm /etc/reeve/keys.asc',
  },
  {
    name: 'a branch that was rewritten',
    on: 'controller',
    before: `${signing}
echo note >note.txt; git add note.txt; git commit -qm 'to be rewritten'; git push -q origin main
${until('reeve status | head -n 1 | grep -q "to be rewritten"')}`,
    lines: [
      { text: "git rebase --exec 'git commit --amend --no-edit -S' BEFORE", as: { BEFORE: 'HEAD~1' }, says: /Success/ },
      { text: 'git push --force-with-lease' },
      {
        text: 'reeve plan --ref COMMIT',
        as: { COMMIT: '"$(git rev-parse HEAD)"' },
        prefix: `${until('reeve status | grep -q "reeve approve"')}; `,
        says: /nothing to do/,
      },
      {
        text: 'reeve approve HASH',
        as: { HASH: '"$(reeve status | grep -o "reeve approve [0-9a-f]*" | head -n 1 | cut -d " " -f 3)"' },
        says: /^approved [0-9a-f]+/,
      },
      { text: 'reeve history --sort approval', says: /approval/ },
    ],
    after: until('reeve status >/dev/null'),
  },
  {
    name: 'the mail of this machine',
    on: 'controller',
    lines: [
      { text: 'mailq', says: /ann@example\.org/ },
      { text: 'reeve sendmail -bp', says: /ann@example\.org/ },
      { text: 'reeve sendmail -bi', says: /ssmtp\.conf is right/ },
    ],
  },
  {
    name: 'a machine with etcd',
    on: 'controller',
    before: 'systemctl start etcd && etcdctl role add reeve',
    lines: [
      { text: 'etcdctl endpoint health --cluster', says: /is healthy/ },
      {
        text: 'etcdctl role grant-permission reeve --prefix=true readwrite /reeve/FLEET/',
        as: { FLEET: 'home' },
        says: /Role reeve updated/,
      },
    ],
    after: 'systemctl stop etcd',
  },
  {
    name: 'a machine with varnish and smartd',
    on: 'controller',
    before: 'systemctl start varnish',
    lines: [
      { text: 'varnishadm vcl.list', says: /^active .* boot/m },
      { text: 'systemctl reload varnish' },
      { text: 'smartctl --scan-open' },
      { text: 'systemctl status smartmontools', ends: [0, 3] },
      { text: 'journalctl -u smartmontools', ends: [0, 1] },
    ],
    after: 'systemctl stop varnish',
  },
]
