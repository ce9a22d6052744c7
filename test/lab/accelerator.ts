import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import type { Image } from './image.ts'
import { cacheFolder } from './places.ts'
import type { Progress } from './progress.ts'

/** How QEMU runs the machine's instructions. */
export type Accelerator = 'kvm' | 'tcg'

const tryLimitMs = 20_000

/** KVM where it really boots, found out once for each kernel of this machine and remembered; else emulation. */
export async function chooseAccelerator(image: Image, progress: Progress): Promise<Accelerator> {
  const remembered = join(cacheFolder(), `accelerator-${release()}`)
  const known = await readFile(remembered, 'utf8').catch(() => '')
  if (known === 'kvm' || known === 'tcg') return known
  const chosen = (await canOpenKvm()) && (await bootsOnKvm(image, progress)) ? 'kvm' : 'tcg'
  progress(chosen === 'kvm' ? 'KVM works here' : 'KVM does not boot here: machines are emulated, which is slower')
  await mkdir(cacheFolder(), { recursive: true })
  await writeFile(remembered, chosen)
  return chosen
}

async function canOpenKvm(): Promise<boolean> {
  return access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
}

// A /dev/kvm may accept the machine and then never run it, so only the kernel's own first words count.
async function bootsOnKvm(image: Image, progress: Progress): Promise<boolean> {
  progress('trying whether KVM boots')
  const args = ['-accel', 'kvm', '-cpu', 'host', '-M', 'q35', '-m', '512', '-nodefaults', '-display', 'none', '-serial', 'stdio']
  const kernel = ['-kernel', image.kernelFile, '-initrd', image.initrdFile, '-append', 'console=ttyS0 panic=-1', '-no-reboot']
  const machine = spawn('qemu-system-x86_64', [...args, ...kernel], { stdio: ['ignore', 'pipe', 'ignore'] })
  const timer = setTimeout(() => machine.kill('SIGKILL'), tryLimitMs)
  let said = ''
  machine.stdout.on('data', (bytes) => {
    said += bytes
    if (said.includes('Run /init')) machine.kill('SIGKILL')
  })
  await Promise.race([once(machine, 'close'), once(machine, 'error')])
  clearTimeout(timer)
  return said.includes('Run /init')
}
