import type { AnyPrimitive } from '../model/primitive.ts'
import { accountPrimitive } from './account/index.ts'
import { blockPrimitive } from './block/index.ts'
import { bridgePrimitive } from './bridge/index.ts'
import { diskImagePrimitive } from './diskImage/index.ts'
import { dnsRecordsPrimitive } from './dnsRecords/index.ts'
import { dnsZonePrimitive } from './dnsZone/index.ts'
import { filePrimitive } from './file/index.ts'
import { filesystemPrimitive } from './filesystem/index.ts'
import { groupPrimitive } from './group/index.ts'
import { linkPrimitive } from './link/index.ts'
import { logicalVolumePrimitive } from './logicalVolume/index.ts'
import { lxcContainer } from './lxcContainer/index.ts'
import { mailHoldingsPrimitive } from './mailHoldings/index.ts'
import { mailQueuePrimitive } from './mailQueue/index.ts'
import { mailRecipientsPrimitive } from './mailRecipients/index.ts'
import { mountPrimitive } from './mount/index.ts'
import { nftTablePrimitive } from './nftTable/index.ts'
import { openvzContainer } from './openvzContainer/index.ts'
import { openvzSample } from './openvzSample/index.ts'
import { packagePrimitive } from './package/index.ts'
import { servicePrimitive } from './service/index.ts'
import { settingPrimitive } from './setting/index.ts'
import { swapPrimitive } from './swap/index.ts'
import { sysctlPrimitive } from './sysctl/index.ts'
import { treePrimitive } from './tree/index.ts'
import { volumeGroupPrimitive } from './volumeGroup/index.ts'

/** Every primitive, one line each. */
export const primitives: readonly AnyPrimitive[] = [
  accountPrimitive,
  blockPrimitive,
  bridgePrimitive,
  diskImagePrimitive,
  dnsRecordsPrimitive,
  dnsZonePrimitive,
  filePrimitive,
  filesystemPrimitive,
  groupPrimitive,
  linkPrimitive,
  logicalVolumePrimitive,
  lxcContainer,
  openvzSample,
  openvzContainer,
  mailHoldingsPrimitive,
  mailQueuePrimitive,
  mailRecipientsPrimitive,
  mountPrimitive,
  nftTablePrimitive,
  packagePrimitive,
  servicePrimitive,
  settingPrimitive,
  swapPrimitive,
  sysctlPrimitive,
  treePrimitive,
  volumeGroupPrimitive,
]
