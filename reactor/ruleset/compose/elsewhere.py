"""What Compose has beyond the subset, and what to do instead: a key that was ignored would be a promise.

Only tables belong here: for each model, its keys in Compose and the remedy.
"""

from collections.abc import Mapping
from types import MappingProxyType

_OUT = "leave it out"
_LIMITS = "use cpus, mem_limit and pids_limit"
_RIGHTS = "nothing here gets more rights than the engine gives everybody: leave it out"
_IMAGE = "put it into the image"
_FILES = "put it into the image, or bind a folder below ${REACTOR_SHARED}"
_NETWORK = "use network_mode"
_ENGINE = "it is the engine's own setting: set it there"

SERVICE: Mapping[str, str] = MappingProxyType(
    {
        "annotations": "use labels",
        "attach": _OUT,
        "blkio_config": _LIMITS,
        "build": "nothing is built here: build it before, and name what comes of it in 'image'",
        "cap_add": _RIGHTS,
        "cap_drop": _OUT,
        "cgroup": _RIGHTS,
        "cgroup_parent": _RIGHTS,
        "configs": _FILES,
        "container_name": "its name is made here, of the task's and its own: leave it out",
        "cpu_count": "use cpus",
        "cpu_percent": "use cpus",
        "cpu_period": "use cpus",
        "cpu_quota": "use cpus",
        "cpu_rt_period": "use cpus",
        "cpu_rt_runtime": "use cpus",
        "cpu_shares": "use cpus",
        "cpuset": "use cpus",
        "credential_spec": _OUT,
        "develop": _OUT,
        "device_cgroup_rules": _RIGHTS,
        "devices": _RIGHTS,
        "dns": _ENGINE,
        "dns_opt": _ENGINE,
        "dns_search": _ENGINE,
        "domainname": _OUT,
        "driver_opts": _OUT,
        "env_file": "write the variables into 'environment'",
        "expose": "a port needs no word for it to be reached by others: leave it out",
        "extends": "write all keys here",
        "external_links": _NETWORK,
        "extra_hosts": _OUT,
        "gpus": _RIGHTS,
        "group_add": "use user, as in 999:999",
        "hostname": "a container is reached by its address: leave it out",
        "ipc": _RIGHTS,
        "isolation": _OUT,
        "label_file": "write the labels into 'labels'",
        "links": _NETWORK,
        "logging": _ENGINE,
        "mac_address": _OUT,
        "mem_reservation": "use mem_limit",
        "mem_swappiness": "use memswap_limit",
        "models": _OUT,
        "networks": "there are no networks of its own: use network_mode: main or service:NAME",
        "oom_kill_disable": "whoever is out of memory has to go: leave it out",
        "oom_score_adj": _OUT,
        "pid": _RIGHTS,
        "platform": "images are not pulled: name the right one in 'image'",
        "post_start": _IMAGE,
        "pre_stop": _IMAGE,
        "privileged": _RIGHTS,
        "profiles": "write a file of its own for each",
        "provider": _OUT,
        "pull_policy": "images are never pulled: leave it out, and see that they are there",
        "runtime": _ENGINE,
        "scale": "there is one container of each: leave it out",
        "secrets": _FILES,
        "security_opt": _RIGHTS,
        "shm_size": _OUT,
        "stdin_open": _OUT,
        "stop_signal": "say it in the image (STOPSIGNAL)",
        "storage_opt": _ENGINE,
        "sysctls": _RIGHTS,
        "tmpfs": "bind a folder: see volumes",
        "tty": _OUT,
        "ulimits": _LIMITS,
        "use_api_socket": _RIGHTS,
        "userns_mode": _RIGHTS,
        "uts": _RIGHTS,
        "volumes_from": "bind the same folder: see volumes",
    }
)
HEALTH: Mapping[str, str] = MappingProxyType({"start_interval": "not every engine has it: use interval"})
_ONE = "there is one container of each, on this host: leave it out"
DEPLOY: Mapping[str, str] = MappingProxyType(
    {
        "endpoint_mode": _ONE,
        "labels": "write 'labels' beside 'deploy'",
        "mode": _ONE,
        "placement": _ONE,
        "replicas": _ONE,
        "restart_policy": "write 'restart' beside 'deploy'",
        "rollback_config": _ONE,
        "update_config": _ONE,
    }
)
RESOURCES: Mapping[str, str] = MappingProxyType({"reservations": "nothing is set apart: write 'limits'"})
_FOLDERS = "data lies in folders: bind ${REACTOR_DATA}/NAME or ${REACTOR_SHARED}/NAME, and leave it out"
STACK: Mapping[str, str] = MappingProxyType(
    {
        "configs": _FILES,
        "include": "write all services into one file",
        "models": _OUT,
        "networks": "there are no networks of its own: leave it out, and use network_mode in the services",
        "secrets": _FILES,
        "volumes": _FOLDERS,
    }
)
