package dev.interlock.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The systemd units. {@code StartLimitIntervalSec=0} makes systemd restart without limit. Otherwise the gateway would
 * stay down until a person comes, after a port was taken for some seconds or the disk was full. The pause between two
 * restarts grows from a second to a minute; a systemd before version 254 does not know that, warns and stays at a
 * second.
 *
 * @param launcher the program to start, quoted for units
 * @param config the path of gateway.yaml, quoted for units
 */
record SystemdUnits(String launcher, String config) {

    static final Path GATEWAY = Path.of("/etc/systemd/system/interlock.service");
    static final Path KEYS = Path.of("/etc/systemd/system/interlock-keys.service");
    static final Path BACKUPS = Path.of("/etc/systemd/system/interlock-backup.service");

    private static final String PRIVATE_NETWORK = "PrivateNetwork=yes\n";

    /** Returns whether the keys process of this machine was denied the network. */
    static boolean isWithoutNetwork() throws IOException {
        return Files.exists(KEYS) && Files.readString(KEYS).contains(PRIVATE_NETWORK);
    }

    /**
     * Requires that systemd can start something as {@code user}: it looks for an account of that number and starts
     * nothing without one (systemd.exec(5), {@code User=}).
     *
     * @throws UsageException if it cannot
     */
    static void requireAccount(String user, boolean hasAccount) {
        if (user.matches("\\d+") && !hasAccount) {
            throw new UsageException("the number " + user
                    + " has no account, and systemd cannot start a service as such a user; "
                    + "leave the option at `interlock`, or create an account: useradd --system "
                    + "--no-create-home --shell /usr/sbin/nologin --uid " + user
                    + " interlock-" + user);
        }
    }

    String gateway(String user, boolean keys) {
        return """
                [Unit]
                Description=Interlock gateway
                After=network-online.target%s
                StartLimitIntervalSec=0

                [Service]
                User=%s
                RuntimeDirectory=interlock
                RuntimeDirectoryPreserve=yes
                ExecStart=%s up --config %s
                Restart=on-failure
                RestartSec=1
                RestartSteps=8
                RestartMaxDelaySec=60
                NoNewPrivileges=yes
                ProtectSystem=full
                ProtectHome=read-only
                CapabilityBoundingSet=

                [Install]
                WantedBy=multi-user.target
                """.formatted(
                        keys ? " interlock-keys.service\nWants=interlock-keys.service" : "", user, launcher, config);
    }

    /**
     * Returns the unit of the keys process. Its memory is never written to disk, and it has no network. But a command
     * that fetches a credential is its child process, and needs the network.
     *
     * @param data the directory of the vault, quoted for units
     * @param fetches whether a credential of the vault is fetched by a command
     */
    String keys(String user, String data, boolean fetches) {
        return """
                [Unit]
                Description=Interlock keys
                StartLimitIntervalSec=0

                [Service]
                User=%s
                RuntimeDirectory=interlock-keys
                RuntimeDirectoryPreserve=yes
                ExecStart=%s keys --config %s
                Restart=always
                RestartSec=1
                RestartSteps=8
                RestartMaxDelaySec=60
                NoNewPrivileges=yes
                ProtectSystem=strict
                ReadWritePaths=%s
                ProtectHome=read-only
                PrivateDevices=yes
                %sLimitCORE=0
                MemorySwapMax=0
                CapabilityBoundingSet=

                [Install]
                WantedBy=multi-user.target
                """.formatted(user, launcher, config, data, fetches ? "" : PRIVATE_NETWORK);
    }

    /**
     * Returns the unit for backups. It runs as root: only root can start scratch servers as a user without any other
     * rights. It drops all capabilities of root but those that it needs. One is CAP_SETFCAP, to be itself in a sandbox
     * (user_namespaces(7)). The other is CAP_SYS_ADMIN, if it runs people's programs, each in a tree of processes of
     * its own (pid_namespaces(7)). Its memory is limited in favour of the gateway. If the kernel kills a process for
     * that, it kills nothing else.
     *
     * @param runsPrograms whether backups.yaml names any
     */
    String backups(boolean runsPrograms) {
        return """
                [Unit]
                Description=Interlock backups
                After=network-online.target

                [Service]
                ExecStart=%s backup run --config %s
                Restart=always
                RestartSec=10
                TimeoutStopSec=30
                KillMode=mixed
                NoNewPrivileges=yes
                ProtectSystem=full
                ProtectHome=read-only
                LimitCORE=0
                MemoryMax=75%%
                OOMPolicy=continue
                TasksMax=4096
                CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_SETFCAP CAP_SETGID CAP_SETUID%s

                [Install]
                WantedBy=multi-user.target
                """.formatted(launcher, config, runsPrograms ? " CAP_SYS_ADMIN" : "");
    }
}
