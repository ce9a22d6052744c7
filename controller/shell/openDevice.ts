import { type Script, sh } from './sh.ts'

/** Until udev looked at what just changed: it has each device open meanwhile, a second or two on a slow machine. */
export const letUdevFinish = sh`if command -v udevadm >/dev/null; then udevadm settle -t 10 </dev/null || :; fi`

/** Condition: somebody has this logical volume (`vg/lv`) open. Also where lvs cannot tell; lvs says `unknown` of one that is inactive. */
export function isOpenVolume(path: string): Script {
  return sh`(
found=$(LVM_SUPPRESS_FD_WARNINGS=1 lvm lvs --noheadings -o lv_device_open ${path} </dev/null) || exit 0
set -- $found
case \${1-} in ''|unknown) exit 1 ;; esac
)`
}

/** Guard: refuses while the condition holds. Who only looks at a device (udev, blkid, a backup's inventory) has it open for a moment, and is waited for. */
export function refuseWhile(isOpen: Script, message: string): Script {
  return sh`if ${isOpen}; then
${letUdevFinish}
for pause in 1 1 1; do
  if ${isOpen}; then sleep "$pause"; fi
done
if ${isOpen}; then echo ${message} >&2; exit 1; fi
fi`
}
