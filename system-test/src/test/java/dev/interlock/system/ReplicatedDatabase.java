package dev.interlock.system;

import dev.interlock.system.FleetNetwork.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** PostgreSQL with a replica that streams, each on a machine and a disk of its own. */
final class ReplicatedDatabase implements AutoCloseable {

    static final int PORT = 5432;

    /** What the gateways have as their store; {@link FleetNetwork#lead} leads there. */
    static final String STORE = "postgres://interlock@127.0.0.1:" + PORT + "/interlock";

    private static final Path PROGRAMS = newest();

    private final FleetNetwork network;
    private final boolean synchronous;
    private final List<Server> servers = new ArrayList<>();
    private int primary;

    private static final class Server {
        private final Machine machine;
        private final Path data;
        private Process process;

        Server(Machine machine, Path disk) {
            this.machine = machine;
            this.data = disk.resolve("data");
        }
    }

    /** Makes both on {@code disks}, whose owner is the user that PostgreSQL runs as. */
    ReplicatedDatabase(FleetNetwork network, List<Path> disks, boolean synchronous) throws Exception {
        this.network = network;
        this.synchronous = synchronous;
        for (Path disk : disks) {
            servers.add(new Server(network.add("db" + servers.size(), 11 + servers.size()), disk));
        }
        Server first = servers.getFirst();
        program(first, "initdb", "--pgdata=" + first.data, "--username=postgres", "--auth=trust", "--encoding=UTF8");
        Files.writeString(
                first.data.resolve("pg_hba.conf"),
                "host all all 10.77.0.0/24 trust\nhost replication all 10.77.0.0/24 trust\n");
        start(first);
        network.move(first.machine, first.machine);
        value("postgres", "CREATE ROLE interlock LOGIN");
        value("postgres", "CREATE DATABASE interlock OWNER interlock");
        follow();
    }

    private static Path newest() {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin"))
                    .max((one, other) -> one.compareTo(other))
                    .orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException("no server of PostgreSQL is installed: apt-get install postgresql", e);
        }
    }

    private static List<String> command(String... words) {
        List<String> all =
                new ArrayList<>(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
        all.add(PROGRAMS.resolve(words[0]).toString());
        all.addAll(List.of(words).subList(1, words.length));
        return all;
    }

    private static void program(Server server, String... words) throws Exception {
        FleetNetwork.run(server.machine, command(words), "");
    }

    private void start(Server server) throws Exception {
        List<String> all = new ArrayList<>(server.machine.prefix());
        all.addAll(command("postgres", "-D", server.data.toString()));
        for (String setting : List.of(
                "port=" + PORT,
                "listen_addresses=*",
                "unix_socket_directories=",
                "max_connections=100",
                "wal_sender_timeout=4s",
                "wal_receiver_timeout=4s",
                "wal_retrieve_retry_interval=500ms")) {
            all.addAll(List.of("-c", setting));
        }
        server.process = new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        server.data.resolveSibling("log").toFile()))
                .start();
        Programs.await("the database answers", () -> {
            if (!server.process.isAlive()) {
                throw new IOException(Files.readString(server.data.resolveSibling("log")));
            }
            return answers(server);
        });
    }

    private static boolean answers(Server server) {
        try {
            value(server.machine.address(), "postgres", "SELECT 1");
            return true;
        } catch (SQLException _) {
            return false;
        }
    }

    /** Makes the other one the replica of the primary; commits wait for it from then on if they are to. */
    void follow() throws Exception {
        Server replica = servers.get(1 - primary);
        Server leader = servers.get(primary);
        kill(replica);
        FleetNetwork.run(replica.machine, List.of("rm", "-rf", replica.data.toString()), "");
        program(
                replica,
                "pg_basebackup",
                "--host=" + leader.machine.address(),
                "--username=postgres",
                "--pgdata=" + replica.data,
                "--checkpoint=fast",
                "--write-recovery-conf",
                "--wal-method=stream");
        start(replica);
        value("postgres", "ALTER SYSTEM SET synchronous_standby_names = '" + (synchronous ? "ANY 1 (*)" : "") + "'");
        value("postgres", "SELECT pg_reload_conf()");
        String wanted = synchronous ? "quorum" : "async";
        Programs.await(
                "the replica follows",
                () -> value(
                                "postgres",
                                "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = '"
                                        + wanted + "'")
                        .equals("1"));
    }

    private static void kill(Server server) throws InterruptedException {
        if (server.process != null) {
            List<ProcessHandle> all = all(server);
            all.forEach(ProcessHandle::destroyForcibly);
            all.forEach(one -> one.onExit().join());
        }
    }

    private static List<ProcessHandle> all(Server server) {
        return Stream.concat(Stream.of(server.process.toHandle()), server.process.descendants())
                .toList();
    }

    /** Kills the primary, and has the replica take its place and its address. */
    void failOver() throws Exception {
        kill(servers.get(primary));
        Server next = servers.get(1 - primary);
        value(next.machine.address(), "postgres", "SELECT pg_promote()");
        value(next.machine.address(), "postgres", "ALTER SYSTEM SET synchronous_standby_names = ''"); // it is alone
        value(next.machine.address(), "postgres", "SELECT pg_reload_conf()");
        network.move(servers.get(primary).machine, next.machine);
        primary = 1 - primary;
    }

    /** Kills the primary; {@link #restart} has it recover. */
    void crash() throws InterruptedException {
        kill(servers.get(primary));
    }

    void restart() throws Exception {
        start(servers.get(primary));
    }

    Path disk() {
        return servers.get(primary).data.getParent();
    }

    Machine machine(boolean isPrimary) {
        return servers.get(isPrimary ? primary : 1 - primary).machine;
    }

    /** Stops all processes of the primary, or lets them continue. */
    void signal(String signal) throws Exception {
        for (ProcessHandle one : all(servers.get(primary))) { // the first one starts no others once it stands
            new ProcessBuilder("kill", "-" + signal, Long.toString(one.pid()))
                    .start()
                    .waitFor();
        }
    }

    String value(String database, String statement) throws SQLException {
        return value(FleetNetwork.DATABASE, database, statement);
    }

    private static String value(String host, String database, String statement) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:postgresql://" + host + ":" + PORT + "/"
                        + database + "?user=postgres&sslmode=disable&connectTimeout=5&socketTimeout=30");
                Statement asked = connection.createStatement()) {
            if (!asked.execute(statement)) {
                return "";
            }
            try (ResultSet row = asked.getResultSet()) {
                return row.next() ? String.valueOf(row.getString(1)) : "";
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (Server server : servers) {
            kill(server);
        }
    }
}
