package dev.interlock.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What systemd is told. Nothing is given up on ({@code StartLimitIntervalSec=0}): whoever takes the port for some
 * seconds, or fills the disk, would otherwise have the gateway stay down until a person comes.
 *
 * @param launcher what is started, written as units are
 * @param config where gateway.yaml lies, likewise
 */
record Units(String launcher, String config) {

    static final Path GATEWAY = Path.of("/etc/systemd/system/interlock.service");
    static final Path KEYS = Path.of("/etc/systemd/system/interlock-keys.service");
    static final Path BACKUPS = Path.of("/etc/systemd/system/interlock-backup.service");

    private static final String PRIVATE_NETWORK = "PrivateNetwork=yes\n";

    /** Whether the keys process of this machine was given no network. */
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
                    + " has no account, and systemd starts nothing as such a user; leave the option at `interlock`, or make an"
                    + " account: useradd --system --no-create-home --shell /usr/sbin/nologin --uid " + user
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
     * No memory of it is ever written anywhere, and it reaches no network; but what fetches a credential is its child,
     * and asks somebody elsewhere.
     *
     * @param data where the vault lies, written as units are
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
     * It is root's, because scratch servers run as a user that can do nothing else, and only root can start them so; of
     * what root may do, it keeps what that takes: CAP_SETFCAP to be itself in a sandbox (user_namespaces(7)), and
     * CAP_SYS_ADMIN only where it runs programs of people's, each in a tree of processes of its own
     * (pid_namespaces(7)). Of memory it leaves some to the gateway, and what the kernel ends for that ends nothing
     * else.
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
