import type { LxcHost } from './host.ts'

/** A signed repository of Debian packages on the host, and the keys that it is signed with. */
export const mirror = 'file:///mnt/mirror'
export const keyring = '/mnt/keys.gpg'

/** What debootstrap itself installs by name; what Reeve asks for; and one that a manifest does. All but dpkg are empty: it holds a shell, the tools that dpkg calls, and an init. */
const required = ['dpkg', 'base-passwd', 'base-files', 'libc6', 'perl-base', 'mawk', 'debconf', 'apt']
const asked = ['systemd-sysv', 'dbus', 'ifupdown', 'iproute2', 'procps', 'extra-tool']

const programs =
  'dpkg dpkg-deb dpkg-split dpkg-query tar gzip rm sh cat ls mkdir mv cp ln chmod chown sed grep env sleep stat hostname touch rmdir readlink find sort diff id head cut uname mount umount mktemp basename dirname test true ldconfig start-stop-daemon'

const control = (name: string, isRequired: boolean): string =>
  `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nPriority: ${isRequired ? 'required' : 'optional'}\n${isRequired ? 'Essential: yes\n' : ''}Description: for a test\n`

const build = (name: string, isRequired: boolean): string => `mkdir -p /mnt/p/${name}/DEBIAN /mnt/p/${name}/usr/share/doc/${name}
printf %s '${control(name, isRequired)}' >/mnt/p/${name}/DEBIAN/control
dpkg-deb -Zgzip -z1 --root-owner-group -b /mnt/p/${name} /mnt/mirror/pool/${name}_1_all.deb >/dev/null`

/** Of the programs of this machine, with their libraries, where Debian has them since /bin is a link. */
const dpkgTree = (init: string): string => `mkdir -p /mnt/p/dpkg/DEBIAN && cd /mnt/p/dpkg
mkdir -p bin sbin lib lib64 usr/bin usr/sbin usr/lib usr/lib64 etc/network root proc sys dev run tmp var/log var/lib/dpkg/info var/lib/dpkg/updates var/cache/apt/archives
for program in ${programs}; do
  file=$(command -v $program) || continue
  case $file in /*) ;; *) file=/usr/bin/$program ;; esac
  cp -L $file usr/bin/
  for lib in $(ldd $file 2>/dev/null | grep -o '/lib[^ ]*'); do mkdir -p usr$(dirname $lib); cp -Ln $lib usr$lib || :; done
done
mv usr/bin/ldconfig usr/bin/start-stop-daemon usr/sbin/
printf 'root:x:0:0:root:/root:/bin/sh\\n' >etc/passwd; printf 'root:x:0:\\n' >etc/group
cat >usr/sbin/init <<'END'
${init}END
chmod 0755 usr/sbin/init`

const index = `cd /mnt/mirror
for deb in pool/*.deb; do
  dpkg-deb -f $deb
  printf 'Filename: %s\\nSize: %s\\nSHA256: %s\\n\\n' $deb $(stat -c %s $deb) $(sha256sum <$deb | cut -d ' ' -f 1)
done >dists/lab/main/binary-amd64/Packages
cd dists/lab
{ printf 'Codename: lab\\nSuite: lab\\nComponents: main\\nArchitectures: amd64\\nDate: Thu, 01 Jan 2026 00:00:00 UTC\\nSHA256:\\n'
  printf ' %s %s main/binary-amd64/Packages\\n' $(sha256sum <main/binary-amd64/Packages | cut -d ' ' -f 1) $(stat -c %s main/binary-amd64/Packages); echo 'Description: debootstrap loses the last newline'; } >Release
export GNUPGHOME=/mnt/gnupg; mkdir -m 0700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key lab@example.org ed25519 sign never 2>/dev/null
gpg --batch --quiet --yes --clearsign -o InRelease Release
gpg --batch --quiet --export >${keyring}`

/** Makes the repository, and lets this host's debootstrap know the release `lab`. */
export async function makeMirror(host: LxcHost, init: string): Promise<void> {
  await host.must(`set -e
mkdir -p /mnt/mirror/pool /mnt/mirror/dists/lab/main/binary-amd64
${dpkgTree(init)}
${required.map((name) => build(name, true)).join('\n')}
${asked.map((name) => build(name, false)).join('\n')}
${index}
ln -sf sid /usr/share/debootstrap/scripts/lab
rm -r /mnt/p`)
}
