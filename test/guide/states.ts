/** Where Reeve is cloned from gets two tags: this tree, and one after it whose formats are all newer. */
export const twoVersions = `set -e
cd /srv/reeve
git() { command git -c user.name=a -c user.email=a@example.org "$@"; }
git tag v0.1.0
sed -i "s/version('0.1.0')/version('0.2.0')/" controller/main.ts
sed -i 's/^const format = 1$/const format = 2/' controller/git/mark.ts controller/cli/lifeMark.ts
sed -i 's/^export const ledgerFormat = 1$/export const ledgerFormat = 2/' controller/model/ledger.ts
next=$(($(grep -o 'schemaVersion = [0-9]*' controller/store/schema.ts | cut -d ' ' -f 3) + 1))
sed -i "s/^export const schemaVersion = .*/export const schemaVersion = $next/; s/^export const upgrades.*/&\\n  $next: 'PRAGMA user_version = $next;',/" controller/store/schema.ts
git diff --stat | grep -q '5 files changed'
git commit -qam 'the next version'
git tag v0.2.0
git checkout -q v0.1.0
command git -C /opt/reeve checkout -q main`

/** Shell between blocks of a page, by the number of the block that it follows: what would happen by itself in the weeks between. */
export const between: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'docs/upgrade.md': {
    1: `cd ~/fleet && sed -i 's/put back:/put back at once:/' he1.yaml && git commit -qam 'by the newer version' && git push -q origin main
for i in $(seq 60); do reeve status | head -n 1 | grep -q 'by the newer' && reeve status >/dev/null && break; sleep 1; done; reeve status`,
  },
}

/** All that the guide left is gone from the controller, but for the reader's own key and name. */
export const anotherReader = `set -e
cd /
rm -rf /etc/reeve /var/lib/reeve-controller /root/fleet /srv/fleet.git /tmp/where
git -C /opt/reeve checkout -q main
git config --global user.name 'Bob Example'
git config --global user.email bob@example.org
ssh-keygen -y -f /root/.ssh/id_ed25519 >/root/.ssh/id_ed25519.pub`
