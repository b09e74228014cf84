package dev.interlock.cli;

import dev.interlock.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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

    static final String GATEWAY = "interlock.service";
    static final String KEYS = "interlock-keys.service";

    /** The administrator's units, which replace packaged ones of the same name (systemd.unit(5)). */
    private static final Path OWN = Path.of("/etc/systemd/system");

    /** The units of packages. */
    private static final Path PACKAGED = Path.of("/usr/lib/systemd/system");

    private static final String PRIVATE_NETWORK = "PrivateNetwork=yes\n";

    /** Credentials pass through both processes: no memory of theirs is written to disk, and they change no program. */
    private static final String HARDENING = """
            NoNewPrivileges=yes
            ProtectSystem=strict
            ReadWritePaths=%s
            ProtectHome=read-only
            PrivateTmp=yes
            PrivateDevices=yes
            ProtectClock=yes
            ProtectControlGroups=yes
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=yes
            LockPersonality=yes
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
            SystemCallArchitectures=native
            LimitCORE=0
            MemorySwapMax=0
            CapabilityBoundingSet=
            """;

    /** Returns the units of the Debian package by their paths: for the users and directories that it has. */
    static Map<Path, String> packaged() {
        SystemdUnits units = new SystemdUnits("/usr/bin/interlock", "/etc/interlock/gateway.yaml");
        return Map.of(
                PACKAGED.resolve(GATEWAY),
                units.gateway("interlock", true, List.of("/var/lib/interlock", "/run/interlock")),
                PACKAGED.resolve(KEYS),
                units.keys("interlock-keys", "/var/lib/interlock-keys", false));
    }

    /**
     * Writes a unit for this machine. If the package's unit says the same, none is needed, and an earlier one goes: it
     * would hide what the package's next version says.
     */
    static void write(String name, String text) throws IOException {
        Path packaged = PACKAGED.resolve(name);
        if (Files.exists(packaged) && Files.readString(packaged).equals(text)) {
            Files.deleteIfExists(OWN.resolve(name));
        } else {
            Files.writeString(OWN.resolve(name), text);
        }
    }

    /** Warns if the keys process has a unit that denies it the network, in which it has to fetch secrets now. */
    static void warnWithoutNetwork(Config config, Terminal terminal) throws IOException {
        // Where systemd does not run, as in a container, the unit of the package starts nothing.
        if (config.keys().isPresent() && runs() && isWithoutNetwork()) {
            terminal.problem("warning: the keys process has no network access, so it cannot fetch this credential: "
                    + "run `install` again, and then: systemctl "
                    + "daemon-reload && systemctl restart interlock-keys");
        }
    }

    /** Returns whether systemd runs this machine (sd_booted(3)). A container or WSL may have its files alone. */
    static boolean runs() {
        return Files.isDirectory(Path.of("/run/systemd/system"));
    }

    /** Returns whether the keys process of this machine was denied the network. */
    private static boolean isWithoutNetwork() throws IOException {
        for (Path unit : List.of(OWN.resolve(KEYS), PACKAGED.resolve(KEYS))) {
            if (Files.exists(unit)) {
                return Files.readString(unit).contains(PRIVATE_NETWORK);
            }
        }
        return false;
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

    /**
     * Returns the unit of the gateway. A packaged unit is skipped until there is a configuration.
     *
     * @param keys whether a unit for the keys process exists
     * @param writable the directories in which the gateway writes, quoted for units
     */
    String gateway(String user, boolean keys, List<String> writable) {
        return """
                [Unit]
                Description=Interlock gateway
                Documentation=man:interlock(1)
                After=network-online.target%s
                ConditionPathExists=%s
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
                %s
                [Install]
                WantedBy=multi-user.target
                """.formatted(
                        keys ? " interlock-keys.service\nWants=interlock-keys.service" : "",
                        config,
                        user,
                        launcher,
                        config,
                        HARDENING.formatted(String.join(" ", writable)));
    }

    /**
     * Returns the unit of the keys process. Its memory is never written to disk, and it has no network. But a command
     * that fetches a credential is its child process, and needs the network. So does an OAuth grant.
     *
     * @param data the directory of the vault, quoted for units
     * @param fetches whether a credential of the vault is fetched when it is used
     */
    String keys(String user, String data, boolean fetches) {
        return """
                [Unit]
                Description=Interlock keys
                Documentation=man:interlock(1)
                ConditionPathExists=%s
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
                %s%s
                [Install]
                WantedBy=multi-user.target
                """.formatted(data, user, launcher, config, fetches ? "" : PRIVATE_NETWORK, HARDENING.formatted(data));
    }
}
