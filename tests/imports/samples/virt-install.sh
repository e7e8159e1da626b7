#!/bin/sh
# The domains of this folder, as virt-install 4.1.0 prints them; --connect test:///default needs no hypervisor.
# UUIDs are drawn anew by each run where none is given.
set -eu
install() {
    name=$1
    shift
    virt-install --connect test:///default --name "$name" --memory 4096 --disk none --import \
        --osinfo detect=off,require=off --graphics none --sound none --video none --noautoconsole \
        --print-xml --dry-run "$@"
}
pin4() {
    printf 'vcpupin0.vcpu=0,vcpupin0.cpuset=%s,vcpupin1.vcpu=1,vcpupin1.cpuset=%s,' "$1" "$2"
    printf 'vcpupin2.vcpu=2,vcpupin2.cpuset=%s,vcpupin3.vcpu=3,vcpupin3.cpuset=%s' "$3" "$4"
}
vf() { # address of a virtual function: bus slot function
    printf 'xpath0.set=./@managed,xpath0.value=yes,xpath1.set=./source/address/@type,xpath1.value=pci,'
    printf 'xpath2.set=./source/address/@domain,xpath2.value=0x0000,xpath3.set=./source/address/@bus,xpath3.value=%s,' "$1"
    printf 'xpath4.set=./source/address/@slot,xpath4.value=%s,xpath5.set=./source/address/@function,xpath5.value=%s' "$2" "$3"
}

install web --uuid 11111111-1111-4111-8111-111111111111 --vcpus 4 --cpu Haswell-noTSX \
    --network bridge=br0,mac=52:54:00:00:00:01,model=virtio,driver.name=vhost,driver.queues=4,mtu.size=9000,xpath0.set=./driver/@rx_queue_size,xpath0.value=1024,xpath1.set=./driver/@event_idx,xpath1.value=off,xpath2.set=./driver/host/@tso4,xpath2.value=off,xpath3.set=./bandwidth/outbound/@average,xpath3.value=125000 \
    --cputune "$(pin4 2 3 4 5),emulatorpin.cpuset=0-1,iothreadpin0.iothread=1,iothreadpin0.cpuset=1" \
    --numatune mode=strict,nodeset=0 > vhost-net.xml
install qemu --vcpus 2 --network bridge=br0,mac=52:54:00:00:00:02,model=virtio,driver.name=qemu > virtio-qemu.xml
install tap --vcpus 2 --network network=default,mac=52:54:00:00:00:03,model=virtio > virtio-default.xml
install legacy --vcpus 1 --network network=default,mac=52:54:00:00:00:04,model=e1000 \
    --network network=default,mac=52:54:00:00:00:05,model=e1000 > e1000.xml
install newer --vcpus 1 --network network=default,mac=52:54:00:00:00:06,model=e1000e > e1000e.xml
install old --vcpus 1 --network network=default,mac=52:54:00:00:00:07,model=rtl8139 > rtl8139.xml
install fw --vcpus 4 --cpu host-passthrough --memorybacking hugepages=on,access.mode=shared \
    --network type=vhostuser,source.type=unix,source.path=/var/run/openvswitch/vhu1,source.mode=server,mac=52:54:00:00:00:08,model=virtio,driver.queues=2 > vhostuser.xml
install lan --vcpus 2 --network type=direct,source=eno1,source.mode=bridge,mac=52:54:00:00:00:09,model=virtio > macvtap.xml
install blue --vcpus 2 --network type=vdpa,xpath0.set=./source/@dev,xpath0.value=/dev/vhost-vdpa-0,mac=52:54:00:00:00:0a,model=virtio > vdpa.xml
install ovs --uuid 22222222-2222-4222-8222-222222222222 --vcpus 2 \
    --network bridge=br-int,virtualport.type=openvswitch,mac=52:54:00:00:00:0b,model=virtio > openvswitch.xml
install vnf --uuid 33333333-3333-4333-8333-333333333333 --vcpus 4,placement=static --cpu Cascadelake-Server \
    --memorybacking hugepages=on --network network=default,mac=52:54:00:00:00:0c,model=virtio \
    --network "type=hostdev,mac=52:54:00:00:00:0d,$(vf 0x03 0x02 0x0),xpath6.set=./vlan/tag/@id,xpath6.value=42,xpath7.set=./driver/@name,xpath7.value=vfio" \
    --cputune "$(pin4 8 9 10 11),emulatorpin.cpuset=0-1" > hostdev-interface.xml
install card --vcpus 2 --hostdev "type=pci,$(vf 0x03 0x00 0x0)" --network none > hostdev-pci.xml
install float --vcpus 4,cpuset=16-23 --network bridge=br0,mac=52:54:00:00:00:0e,model=virtio > floating.xml
install numa --vcpus 4 --cpu "host-model,numa.cell0.id=0,numa.cell0.cpus=0-1,numa.cell0.memory=2097152,numa.cell1.id=1,numa.cell1.cpus=2-3,numa.cell1.memory=2097152" \
    --network bridge=br0,mac=52:54:00:00:00:0f,model=virtio --cputune quota=50000,period=100000 \
    --qemu-commandline="-overcommit cpu-pm=on" > numa.xml
install slirp --vcpus 1 --network user,model=virtio,mac=52:54:00:00:00:10 > user.xml
