import { openvzSample } from '../../controller/primitives/openvzSample/spec.ts'
import { plpa } from '../primitives/openvzContainer/specs.ts'
import { type Sample, treeOf } from './sample.ts'

const cached = 'cp /mnt/template.tar.gz /var/lib/vz/template/cache/debian-12.tar.gz'
const footprint = `${treeOf('/etc/vz/conf', '/var/lib/vz/private')}; vzlist -a -H -t -o ctid,status 2>/dev/null`

/** Samples on the stand-in for vzctl: no kernel of OpenVZ is to be had. */
export const openvzSamples: readonly Sample[] = [
  {
    type: 'openvzSample',
    name: 'a configuration sample',
    wanted: [openvzSample({ name: 'vps.lv', from: 'basic', set: { VE_PRIVATE: '/var/lib/vz/lv/$VEID/ve', ONBOOT: 'yes' } })],
    spoil: 'echo ONBOOT="no" >/etc/vz/conf/ve-vps.lv.conf-sample',
    footprint,
  },
  {
    type: 'openvzContainer',
    name: 'a container that is made',
    before: cached,
    wanted: [plpa()],
    spoil: 'vzctl set 101 --hostname other --ipdel all --ipadd 192.168.100.77 --save >/dev/null',
    footprint,
    // What was unpacked stays, with a configuration that says that it is unfinished: the next pass goes on with it.
    undoes: 'nothing',
  },
  {
    type: 'openvzContainer',
    name: 'a container that is taken over, different as it is',
    before: `${cached}; vzctl create 101 --ostemplate debian-12 --config basic >/dev/null; echo '# a note' >>/etc/vz/conf/101.conf`,
    wanted: [plpa({ adopt: 'Replace', state: 'stopped' })],
    spoil: 'vzctl set 101 --hostname other --ipdel all --diskspace 1G:2G --save >/dev/null; vzctl start 101 >/dev/null',
    footprint,
  },
]
