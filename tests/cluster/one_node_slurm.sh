#!/bin/sh
# A Slurm of one node on this machine, for tests: sh tests/cluster/one_node_slurm.sh start|stop. Needs root, and Debian's
# slurm-wlm and munge, which it installs if apt-get can. Its files are in /tmp/one-node-slurm; no other Slurm is touched.
set -eu
folder=/tmp/one-node-slurm
export SLURM_CONF=$folder/slurm.conf

stop() {
    for name in slurmd slurmctld munged; do
        if [ -s $folder/$name.pid ]; then kill "$(cat $folder/$name.pid)" 2>/dev/null || true; fi
    done
}

start() {
    if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
        apt-get install -y --no-install-recommends slurm-wlm munge >/dev/null
    fi
    mkdir -p $folder/state $folder/spool
    host=$(hostname -s)
    cores=$(nproc)
    # a key and a socket of its own, so that no other munge is disturbed
    dd if=/dev/urandom of=$folder/munge.key bs=1 count=1024 2>/dev/null
    chmod 0400 $folder/munge.key
    chmod 0755 $folder
    cat >$folder/slurm.conf <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
PropagatePrioProcess=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8
END
    munged --force --key-file=$folder/munge.key --socket=$folder/munge.socket --pid-file=$folder/munged.pid \
        --log-file=$folder/munged.log --seed-file=$folder/munged.seed
    slurmctld
    slurmd -N "$host"
    for _ in $(seq 60); do
        if sinfo --noheader --states=idle 2>/dev/null | grep -q idle; then
            echo "export SLURM_CONF=$SLURM_CONF"
            return
        fi
        sleep 1
    done
    echo "the node did not come up; see $folder/*.log" >&2
    exit 1
}

case "${1:-}" in
start) start ;;
stop) stop ;;
*) echo "type start or stop" >&2; exit 2 ;;
esac
