# One monitor on each client of a Nomad cluster: a system job, with the driver docker.
#
#   nomad job plan reactor.nomad.hcl && nomad job run reactor.nomad.hcl
#
# The clients have to allow what is taken here; in their configuration:
#   plugin "docker" { config {
#     allow_caps = ["kill", "dac_override", "sys_nice", "syslog"]
#     volumes { enabled = true }
#   } }
# and for pid_mode = "host" a driver that is not told otherwise. docs/services.md says which of it can be left out.

variable "image" {
  type        = string
  default     = "reactor:0.1.0"
  description = "The image of reactor."
}

variable "datacenters" {
  type    = list(string)
  default = ["*"]
}

job "reactor" {
  type        = "system"
  datacenters = var.datacenters
  # Before the tasks that it guards: where room is short, others go.
  priority = 90

  # One client after the other: an upgrade leaves no two without a monitor.
  update {
    max_parallel = 1
    stagger      = "30s"
  }

  group "monitor" {
    # It never gives up: after four attempts within a minute it waits for the next one.
    restart {
      attempts = 4
      interval = "1m"
      delay    = "5s"
      mode     = "delay"
    }

    network {
      mode = "host"
      port "http" {
        static = 9710
      }
    }

    service {
      name     = "reactor"
      port     = "http"
      provider = "nomad"
      tags     = ["metrics"]

      check {
        type     = "http"
        path     = "/-/healthy"
        interval = "15s"
        timeout  = "5s"
      }
    }

    task "monitor" {
      driver = "docker"
      # As root, with four of its rights: what the fast lane and containment take (docs/kernel.md). Not perfmon, which
      # Docker 20.10 does not know: it would make no container (docs/image.md).
      user = "0:0"
      # What is in flight comes to its end within 20 s. A client that allows less than this cuts it (max_kill_timeout).
      kill_timeout = "30s"

      config {
        image        = var.image
        # It is on the network of its client: whoever can reach that can read the page and the metrics. For TLS and
        # passwords add --web.config.file (docs/access.md).
        args         = [
          "run",
          "--docker-host=unix:///host/run/docker.sock",
          "--listen=0.0.0.0:9710",
          "--control=/run/reactor/control.sock",
          "--journal=/var/lib/reactor/journal.db",
        ]
        network_mode    = "host"
        pid_mode        = "host"
        readonly_rootfs = true
        cap_drop        = ["all"]
        cap_add         = ["kill", "dac_override", "sys_nice", "syslog"]
        security_opt    = ["no-new-privileges:true"]
        ulimit {
          nofile = "65536:65536"
        }

        # The folder of the engine's socket: the file is another one after each restart of the engine. That of a
        # proxy before it does as well (deploy/proxy).
        volumes = [
          "/var/run:/host/run:ro",
          "/var/lib/reactor:/var/lib/reactor",
          "/run/reactor:/run/reactor",
          "/sys/fs/cgroup:/sys/fs/cgroup",
        ]
        devices = [
          {
            host_path          = "/dev/kmsg"
            container_path     = "/dev/kmsg"
            cgroup_permissions = "r"
          }
        ]
        # No rule ends it, however wide it is; it also knows its own container by the kernel.
        labels = {
          "reactor.skip" = ""
        }
      }

      # Two hundredths of a core at rest; a storm takes more for a moment, and more is not refused.
      resources {
        cpu        = 200
        memory     = 128
        memory_max = 512
      }
    }
  }
}
