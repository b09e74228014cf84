package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The ports at which programs listen on the loopback of one network, each with an address that leads there. */
record ListeningPorts(Map<Integer, String> addresses) {

    static final ListeningPorts NONE = new ListeningPorts(Map.of());

    /** A socket's state in the kernel's tables (tcp_states.h). */
    private static final String LISTENS = "0A";

    /** Addresses as the kernel's tables have them: words of 32 bits, with their bytes reversed. */
    private static final List<String> FOURTH = List.of("0100007F", "00000000", "0000000000000000FFFF00000100007F");

    private static final List<String> SIXTH =
            List.of("00000000000000000000000001000000", "00000000000000000000000000000000");

    ListeningPorts {
        addresses = Map.copyOf(addresses);
    }

    /** Returns those of the network in which the process {@code number} is; none if it has ended. */
    static ListeningPorts of(long number) {
        Map<Integer, String> addresses = new TreeMap<>();
        try {
            Path tables = Path.of("/proc", Long.toString(number), "net");
            for (String table : List.of("tcp", "tcp6")) {
                if (Files.exists(tables.resolve(table))) {
                    Files.readAllLines(tables.resolve(table)).forEach(line -> add(line, addresses));
                }
            }
            return new ListeningPorts(addresses);
        } catch (IOException e) {
            return NONE;
        }
    }

    private static void add(String line, Map<Integer, String> addresses) {
        String[] fields = line.strip().split("\\s+", -1);
        String[] local = fields.length > 3 ? fields[1].split(":", -1) : new String[0];
        if (local.length != 2 || !fields[3].equals(LISTENS)) {
            return;
        }
        int port = Integer.parseInt(local[1], 16);
        if (FOURTH.contains(local[0])) {
            addresses.put(port, "127.0.0.1");
        } else if (SIXTH.contains(local[0])) {
            addresses.putIfAbsent(port, "[::1]");
        }
    }

    Optional<String> address(int port) {
        return Optional.ofNullable(addresses.get(port));
    }
}
