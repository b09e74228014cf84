package dev.interlock.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Machines that share one network: a namespace for each, and a bridge in that of this process. A machine reaches what
 * it takes for its own loopback at another one, as by a cable, so that no program lies between.
 */
final class FleetNetwork {

    /** Where agents are, and the service that they call: both in this process. */
    static final String AGENTS = "10.77.0.1";

    static final String SERVICE = "10.77.0.2";

    /** The address of the database, which moves to the machine that is its primary. */
    static final String DATABASE = "10.77.0.10";

    private final List<Machine> machines = new ArrayList<>();

    /** One machine; its number is the last part of its address. */
    record Machine(String name, int number) {

        String address() {
            return "10.77.0." + number;
        }

        /** What begins a command that runs there. */
        List<String> prefix() {
            return List.of("nsenter", "--net=/run/netns/" + name);
        }
    }

    FleetNetwork() throws Exception {
        ip("link set lo up");
        ip("link add hub type bridge");
        ip("addr add " + AGENTS + "/24 dev hub");
        ip("addr add " + SERVICE + "/24 dev hub");
        ip("link set hub up");
    }

    Machine add(String name, int number) throws Exception {
        Machine made = new Machine(name, number);
        ip("netns add " + name);
        ip("link add to-" + name + " type veth peer name eth0 netns " + name);
        ip("link set to-" + name + " master hub up");
        ip("-n " + name + " link set lo up");
        ip("-n " + name + " addr add " + made.address() + "/24 dev eth0");
        ip("-n " + name + " link set eth0 up");
        machines.add(made);
        return made;
    }

    /** Has {@code port} of the loopback {@code listen} answer for the machine. */
    void answer(Machine machine, String listen, int port) throws Exception {
        run(machine, List.of("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1"), "");
        run(machine, List.of("nft", "-f", "-"), """
                table ip cable {
                  chain enter {
                    type nat hook prerouting priority -100;
                    iifname "eth0" tcp dport %d dnat to %s:%d
                  }
                  chain leave {
                    type nat hook output priority -100;
                  }
                  chain name {
                    type nat hook postrouting priority 100;
                    oifname "eth0" masquerade
                  }
                }
                """.formatted(port, listen, port));
    }

    /** Leads what the machine sends to {@code port} of 127.0.0.1 to {@code address}. */
    void lead(Machine machine, int port, String address) throws Exception {
        run(machine, List.of("nft", "-f", "-"), """
                add rule ip cable leave ip daddr 127.0.0.1 tcp dport %d dnat to %s:%d
                """.formatted(port, address, port));
    }

    /** Drops what comes from {@code others}, what goes there, or both, without a word to either. */
    void cut(Machine machine, boolean in, boolean out, String... others) throws Exception {
        String all = "{ " + String.join(", ", others) + " }";
        run(machine, List.of("nft", "-f", "-"), """
                table ip cut {
                  chain in {
                    type filter hook prerouting priority -300;
                    %s
                  }
                  chain out {
                    type filter hook postrouting priority 300;
                    %s
                  }
                }
                """.formatted(
                        in ? "ip saddr " + all + " drop" : "", out ? "ip daddr " + all + " drop" : ""));
    }

    void heal() throws Exception {
        for (Machine machine : machines) {
            run(machine, List.of("nft", "-f", "-"), "table ip cut\ndelete table ip cut\n");
        }
    }

    /** Gives {@link #DATABASE} to {@code to}; all forget who had it. */
    void move(Machine from, Machine to) throws Exception {
        run(from, List.of("ip", "addr", "flush", "to", DATABASE + "/32"), "");
        ip("-n " + to.name() + " addr add " + DATABASE + "/24 dev eth0");
        for (Machine machine : machines) {
            ip("-n " + machine.name() + " neigh flush all");
        }
        ip("neigh flush all");
    }

    static void ip(String words) throws Exception {
        run(List.of("ip"), List.of(words.split(" ", -1)), "");
    }

    static void run(Machine machine, List<String> command, String input) throws Exception {
        run(machine.prefix(), command, input);
    }

    static void run(List<String> prefix, List<String> command, String input) throws Exception {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(all + ": " + said);
        }
    }
}
