/** What `reeve init` writes, by path from the folder of manifests; `../` is beside it. */
export interface FirstRepository {
  readonly fleet: string
  /** Absolute path of the folder of manifests. */
  readonly folder: string
  /** Absolute path of the folder beside it. */
  readonly beside: string
  readonly privateKeyFile: string
  readonly hypervisor: { readonly name: string; readonly manifest: string }
}

/** Path → text of each file. */
export function firstFiles(first: FirstRepository): ReadonlyMap<string, string> {
  const { folder, beside, hypervisor } = first
  return new Map([
    [`${folder}/hypervisors/${hypervisor.name}.yaml`, hypervisorText(hypervisor.manifest)],
    [`${folder}/README.md`, readmeText(first)],
    [`${folder}/.gitignore`, ignoreText],
    [`${beside}/reeve.yaml`, configText(first)],
  ])
}

function hypervisorText(manifest: string): string {
  return `# A machine that Reeve keeps. Fields: controller/kinds/hypervisor/fields.md in Reeve's repository.
${manifest.trimEnd()}
  # What the machine itself must hold. This file is there to be seen, edited on the host, and seen again.
  system:
    files:
      - path: /etc/hello-reeve
        content: |
          This machine is kept as a Git repository says.
`
}

function readmeText({ fleet, beside, hypervisor }: FirstRepository): string {
  return `# Fleet ${fleet}

What these machines must be. Reeve makes them so when this branch moves, and puts back what moves on the hosts.

    reeve validate .                                  # before each commit; in CI: -o github
    reeve plan --config ${beside}/reeve.yaml     # what would be done; changes nothing
    reeve apply --config ${beside}/reeve.yaml    # once
    reeve run --config ${beside}/reeve.yaml      # from now on
    reeve status --config ${beside}/reeve.yaml

One manifest a file, in folders as you like; \`hypervisors/${hypervisor.name}.yaml\` is the first. A manifest that goes away takes with it what it made, but never data: \`deletionPolicy\` says more.

Passwords and keys never stand here in the clear: \`reeve secret keygen\`, then \`reeve secret encrypt NAME\`.
`
}

/** What must never be committed, by the names that people give it. */
const ignoreText = `# Private keys and passwords. Secrets of manifests are secrets/*.age, which are encrypted and belong here.
id_*
!id_*.pub
*.key
*.pem
age-identity*
*password*
*.secret
reeve.yaml
tokens
*~
.*.swp
`

function configText({ fleet, folder, beside, privateKeyFile }: FirstRepository): string {
  return `# Configuration of the controller; every field and its default: reeve.example.yaml in Reeve's repository.

# This fleet's name on the hosts. Do not change it later.
fleet: ${fleet}

repository:
  url: ${JSON.stringify(folder)}
  branch: main

# Keys that Hypervisor manifests name (identity: default). Never in Git.
identities:
  default:
    privateKeyFile: ${JSON.stringify(privateKeyFile)}

# Mirror of the repository, history, mail spool, the socket of reeve status: may be lost at any time.
stateDir: ${JSON.stringify(`${beside}/reeve-state`)}

# Alerts by mail; without it nothing is mailed.
# mail:
#   smarthost: {host: mail.example.org, port: 587, user: reeve, passwordFile: /etc/reeve/mail-password}
#   from: reeve@example.org
#   to: [ops@example.org]
`
}
