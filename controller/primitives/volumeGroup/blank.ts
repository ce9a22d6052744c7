import { type Script, sh } from '../../shell/sh.ts'

/** Bytes at either end of a device that must be zero: what has no signature that anybody knows may still be somebody's raw data. */
const proofBytes = 1 << 20

/**
 * Prints why this device must be left alone, one reason a line; nothing where it is proven blank. Asked of the device itself and not of udev, whose answers may be
 * old: no signature (blkid -p, wipefs), no partition, nobody above it (mount, swap, md, device mapper, LVM), and zeros at both ends.
 * Leaves its kernel name in `$kernel`.
 */
export function whyNotBlank(device: string): Script {
  return sh`kernel=$(readlink -f ${device}) || kernel=
kernel=\${kernel#/dev/}
if ! [ -b ${device} ]; then echo "is not there, or is no block device"
else
  for above in /sys/class/block/"$kernel"/holders/* /sys/class/block/"$kernel"/"$kernel"*; do
    if [ -e "$above" ]; then echo "is used by \${above##*/}"; fi
  done
  numbers=
  read -r numbers <"/sys/class/block/$kernel/dev"
  while read -r id parent number rest; do
    if [ "$number" = "$numbers" ]; then echo "is mounted"; break; fi
  done </proc/self/mountinfo
  while read -r area rest; do
    if [ "$area" -ef ${device} ]; then echo "is in use as swap"; fi
  done </proc/swaps
  status=0
  found=$(blkid -p -o value -s TYPE -s PTTYPE ${device} 2>/dev/null </dev/null) || status=$?
  if [ "$status" = 8 ]; then echo "carries several conflicting signatures"
  elif [ "$status" != 2 ] || [ -n "$found" ]; then echo "holds" \${found:-something}
  elif signatures=$(wipefs ${device} </dev/null 2>&1) && [ -n "$signatures" ]; then echo "carries signatures (wipefs)"
  else
    read -r sectors <"/sys/class/block/$kernel/size"
    end=$((sectors * 512 - ${proofBytes}))
    if [ "$sectors" -lt 16384 ]; then echo "is smaller than 8 MiB"
    elif ! cmp -s -n ${proofBytes} ${device} /dev/zero </dev/null; then echo "does not begin with zeros: it may hold raw data"
    elif ! cmp -s -n ${proofBytes} -i "$end:0" ${device} /dev/zero </dev/null; then echo "does not end with zeros: it may hold raw data"
    fi
  fi
fi`
}
