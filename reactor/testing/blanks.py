"""The parts of an engine's documents that are the same for every container of this world.

Only constants belong here. They are there because clients decode whole documents: a field
that is missing is another thing than a field that is empty.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from reactor.testing.ground import HOST_CPUS


def _frozen(**fields: Any) -> dict[str, Any]:
    """A plain dictionary, as ``|`` and the encoder want it; nobody here changes one."""
    return fields


CONFIG = _frozen(
    Hostname="",
    Domainname="",
    User="",
    AttachStdin=False,
    AttachStdout=False,
    AttachStderr=False,
    Tty=False,
    OpenStdin=False,
    StdinOnce=False,
    Env=None,
    Cmd=None,
    Image="",
    Volumes=None,
    WorkingDir="",
    Entrypoint=None,
    OnBuild=None,
    Labels=None,
)

HOST_CONFIG = _frozen(
    Binds=None,
    ContainerIDFile="",
    LogConfig={"Type": "json-file", "Config": {}},
    PortBindings=None,
    VolumeDriver="",
    VolumesFrom=None,
    CapAdd=None,
    CapDrop=None,
    CgroupnsMode="host",
    Dns=None,
    DnsOptions=None,
    DnsSearch=None,
    ExtraHosts=None,
    GroupAdd=None,
    Cgroup="",
    Links=None,
    OomScoreAdj=0,
    Privileged=False,
    PublishAllPorts=False,
    ReadonlyRootfs=False,
    SecurityOpt=None,
    UTSMode="",
    UsernsMode="",
    ShmSize=67_108_864,
    Runtime="runc",
    ConsoleSize=[0, 0],
    Isolation="",
    CpuShares=0,
    NanoCpus=0,
    CgroupParent="",
    CpuPeriod=0,
    CpuQuota=0,
    CpusetCpus="",
    CpusetMems="",
    Devices=None,
    MemoryReservation=0,
    MemorySwappiness=None,
    OomKillDisable=False,
    Ulimits=None,
)

NETWORK = _frozen(
    IPAMConfig=None,
    Links=None,
    Aliases=None,
    NetworkID="",
    EndpointID="",
    Gateway="",
    IPAddress="",
    IPPrefixLen=0,
    IPv6Gateway="",
    GlobalIPv6Address="",
    GlobalIPv6PrefixLen=0,
    MacAddress="",
    DriverOpts=None,
)

NETWORK_SETTINGS = _frozen(
    Bridge="",
    SandboxID="",
    HairpinMode=False,
    Ports={},
    SandboxKey="",
    Gateway="",
    IPAddress="",
    IPPrefixLen=0,
    MacAddress="",
)

VERSION: Mapping[str, Any] = MappingProxyType(
    _frozen(
        Platform={"Name": ""},
        Components=[],
        Version="20.10.24",
        ApiVersion="1.41",
        MinAPIVersion="1.12",
        GitCommit="",
        GoVersion="",
        Os="linux",
        Arch="amd64",
        KernelVersion="",
        BuildTime="",
    )
)

INFO: Mapping[str, Any] = MappingProxyType(
    _frozen(
        Driver="overlay2",
        DriverStatus=[],
        MemoryLimit=True,
        SwapLimit=True,
        CpuCfsPeriod=True,
        CpuCfsQuota=True,
        CPUShares=True,
        CPUSet=True,
        PidsLimit=True,
        OomKillDisable=True,
        LoggingDriver="json-file",
        CgroupDriver="cgroupfs",
        CgroupVersion="1",
        KernelVersion="",
        OperatingSystem="the embedded engine of reactor",
        OSVersion="",
        OSType="linux",
        Architecture="x86_64",
        NCPU=HOST_CPUS,
        Name="embedded",
        Labels=[],
        ExperimentalBuild=False,
        ServerVersion="20.10.24",
        LiveRestoreEnabled=False,
        SecurityOptions=[],
        Swarm={"LocalNodeState": "inactive", "NodeID": ""},
        Warnings=None,
    )
)
