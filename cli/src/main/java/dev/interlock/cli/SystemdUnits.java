package dev.interlock.cli;

import dev.interlock.config.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The systemd units, with paths that are quoted for them. {@code StartLimitIntervalSec=0} makes systemd restart without
 * limit: otherwise the gateway would stay down after a port was taken for some seconds. The pause between two restarts
 * grows to a minute; a systemd before version 254 does not know that, warns and stays at a second.
 */
record SystemdUnits(String launcher, String config) {

    static final String GATEWAY = "interlock.service";
    static final String KEYS = "interlock-keys.service";

    /** The administrator's units, which replace packaged ones of the same name (systemd.unit(5)). */
    private static final Path OWN = Path.of("/etc/systemd/system");

    private static final Path PACKAGED = Path.of("/usr/lib/systemd/system");

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

    static Map<Path, String> packaged() {
        SystemdUnits units = new SystemdUnits("/usr/bin/interlock", "/etc/interlock/gateway.yaml");
        return Map.of(PACKAGED.resolve(GATEWAY), units.gateway(), PACKAGED.resolve(KEYS), units.keys());
    }

    /** Writes the units for this machine; none that the package has already. */
    void write() throws IOException {
        for (Map.Entry<String, String> unit :
                Map.of(GATEWAY, gateway(), KEYS, keys()).entrySet()) {
            Path packaged = PACKAGED.resolve(unit.getKey());
            if (!Files.exists(packaged) || !Files.readString(packaged).equals(unit.getValue())) {
                Files.writeString(OWN.resolve(unit.getKey()), unit.getValue());
            }
        }
    }

    /** Warns if the keys process has a unit that denies it the network, in which it has to fetch secrets now. */
    static void warnWithoutNetwork(Config config, Terminal terminal) throws IOException {
        // Where systemd does not run, as in a container, the unit of the package starts nothing.
        if (config.keys().isPresent() && runs() && isWithoutNetwork()) {
            terminal.problem(
                    "warning: the keys process has no network access, so it cannot fetch this credential; `sudo systemctl edit interlock-keys`, write the lines `[Service]` and `PrivateNetwork=no`, then: sudo systemctl restart interlock-keys");
        }
    }

    /** Returns whether systemd runs this machine (sd_booted(3)). A container or WSL may have its files alone. */
    static boolean runs() {
        return Files.isDirectory(Path.of("/run/systemd/system"));
    }

    private static boolean isWithoutNetwork() throws IOException {
        Process asked = new ProcessBuilder("systemctl", "show", "--property=PrivateNetwork", KEYS).start();
        return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("=yes");
    }

    /** Returns the unit of the gateway. It is skipped until there is a configuration. */
    String gateway() {
        return """
                [Unit]
                Description=Interlock gateway
                Documentation=man:interlock(1)
                After=network-online.target interlock-keys.service
                Wants=interlock-keys.service
                ConditionPathExists=%s
                StartLimitIntervalSec=0

                [Service]
                User=interlock
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
                """.formatted(config, launcher, config, HARDENING.formatted("/var/lib/interlock /run/interlock"));
    }

    /** A command that fetches a credential needs the network, and so does an OAuth grant: then people allow it. */
    String keys() {
        return """
                [Unit]
                Description=Interlock keys
                Documentation=man:interlock(1)
                ConditionPathExists=/var/lib/interlock-keys
                StartLimitIntervalSec=0

                [Service]
                User=interlock-keys
                RuntimeDirectory=interlock-keys
                RuntimeDirectoryPreserve=yes
                ExecStart=%s keys --config %s
                Restart=always
                RestartSec=1
                RestartSteps=8
                RestartMaxDelaySec=60
                PrivateNetwork=yes
                %s
                [Install]
                WantedBy=multi-user.target
                """.formatted(launcher, config, HARDENING.formatted("/var/lib/interlock-keys"));
    }
}
