package dev.interlock.system;

import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.front.postgres.sql.SqlReader;
import dev.interlock.system.bench.BenchRun;
import dev.interlock.system.bench.ProgramUse;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The benchmark {@code bench/postgres [--quick] [--json]}: pgbench against a server of its own, directly, through
 * PgBouncer where it is installed, and through the gateway, in turn: {@code select} is pgbench's own, {@code write} a
 * transaction with an insertion that is counted.
 */
public final class PostgresBench {

    /** Debian's own server, if there is one, has the first address of loopback. */
    private static final String HOST = "127.0.0.2";

    private static final List<String> FLAGS = List.of(
            "-XX:TieredStopAtLevel=4", "-Xmx256m", "-Xms60m", "-Xmn40m", "-XX:SurvivorRatio=3", "-XX:+UseSerialGC");

    private static final String UPSTREAM = """
              shop:
                catalog: pg
                address: "postgres://%s:5432/shop"
                credentials:
                  shop-db: {environments: [staging], impacts: [read, write, destroy], header: password}
                resources:
                  "pg:database/shop": {environments: [staging]}
                  "pg:table/shop.public.*": {environments: [staging]}
            """.formatted(HOST);

    /** So each insertion is counted before it goes. */
    private static final String FEW = """
            @id("few-rows")
            forbid (principal, action == Operation::Action::"pg/insert", resource)
            unless { context.counts has rows && context.counts.rows <= 20 };
            """;

    /** TPC-B without its three updates: what they overwrite is lost, so that people would be asked about each. */
    private static final String WRITING = """
            \\set aid random(1, 100000 * :scale)
            \\set delta random(-5000, 5000)
            BEGIN;
            SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
            INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 1, :aid, :delta, CURRENT_TIMESTAMP);
            END;
            """;

    private static final Path BOUNCER = Path.of("/usr/sbin/pgbouncer");

    private static final String SCALE = "10";
    private static final int IDLE = 100;
    private static final int TEXTS = 2_000;

    /** Where a client connects. */
    private record Way(String name, String host, int port, String user, String password) {}

    private final int seconds;
    private final List<Integer> clients;
    private final Path directory;
    private final BenchRun run;

    private PostgresBench(BenchRun run) {
        this.run = run;
        this.seconds = run.isQuick() ? 3 : 10;
        this.clients = run.isQuick() ? List.of(1, 16) : List.of(1, 16, 64);
        this.directory = run.directory();
    }

    /** Exit code 0 if everything could be measured, whether or not a mark is met. */
    public static void main(String[] arguments) throws Exception {
        BenchRun.main(arguments, run -> {
            new PostgresBench(run).all();
            return 0;
        });
    }

    private void all() throws Exception {
        int port = Programs.freePort();
        Path own = Files.createDirectory(directory.resolve("database"));
        try (TestingPostgres _ = new TestingPostgres(
                        own, List.of("listen_addresses=" + HOST, "max_connections=400", "shared_buffers=128MB"));
                ServiceGatewayInstallation house = new ServiceGatewayInstallation(
                        Files.createDirectory(directory.resolve("house")),
                        Map.of(
                                "interlock.yaml",
                                ServiceGatewayInstallation.organisation(UPSTREAM),
                                "policy.cedar",
                                ServiceGatewayInstallation.CONFIRMED + FEW),
                        Map.of("shop-db", "postgres:" + TestingPostgres.PASSWORD),
                        "postgres: 127.0.0.1:" + port)) {
            house.seal().expect(0);
            house.up(FLAGS);
            Way direct = new Way("direct", HOST, 5432, "postgres", TestingPostgres.PASSWORD);
            Way gated = new Way("interlock", "127.0.0.1", port, "agent", house.lease());
            pgbench(direct, "-i", "-q", "-s", SCALE);
            Process bouncer = Files.isExecutable(BOUNCER) ? bouncer() : null;
            try {
                List<Way> ways = new ArrayList<>(List.of(direct, gated));
                if (bouncer != null) {
                    int at = Integer.parseInt(Files.readString(directory.resolve("bouncer/port")));
                    ways.add(1, new Way("pgbouncer", "127.0.0.1", at, "postgres", TestingPostgres.PASSWORD));
                }
                ProgramUse gateway = ProgramUse.of(house.process());
                Files.writeString(directory.resolve("write.sql"), WRITING);
                run(gated, "select", 16, 4 * seconds); // until what runs is compiled
                for (String kind : List.of("select", "write")) {
                    for (int count : clients) {
                        rates(ways, kind, count, gateway);
                    }
                }
                added(direct, gated);
            } finally {
                if (bouncer != null) {
                    bouncer.destroy();
                    bouncer.onExit().join();
                }
            }
            idle(gated, house.process().pid());
        }
        reading();
    }

    private Process bouncer() throws Exception {
        Path own = Files.createDirectory(directory.resolve("bouncer"));
        int port = Programs.freePort();
        Files.writeString(own.resolve("port"), Integer.toString(port));
        Files.writeString(own.resolve("users"), "\"postgres\" \"" + TestingPostgres.PASSWORD + "\"\n");
        Files.writeString(own.resolve("ini"), """
                [databases]
                shop = host=%s port=5432
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = plain
                auth_file = %s
                pool_mode = session
                max_client_conn = 200
                default_pool_size = 100
                """.formatted(HOST, port, own.resolve("users")));
        TestingPostgres.give(own);
        try (Stream<Path> all = Files.list(own)) {
            for (Path each : all.toList()) {
                TestingPostgres.give(each);
            }
        }
        String user = Integer.toString(TestingPostgres.user());
        Process started = new ProcessBuilder(
                        "setpriv",
                        "--reuid=" + user,
                        "--regid=" + user,
                        "--clear-groups",
                        BOUNCER.toString(),
                        own.resolve("ini").toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        for (int i = 0; i < 100 && started.isAlive(); i++) {
            try (Socket _ = new Socket("127.0.0.1", port)) {
                return started;
            } catch (IOException _) {
                Thread.sleep(50);
            }
        }
        throw new IOException("pgbouncer does not start");
    }

    private String pgbench(Way way, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("pgbench"));
        command.addAll(List.of(options));
        command.addAll(List.of("-h", way.host(), "-p", Integer.toString(way.port()), "-U", way.user(), "shop"));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.directory(directory.toFile());
        builder.environment().put("PGPASSWORD", way.password());
        return Programs.run(builder, "").expect(0).out();
    }

    private String run(Way way, String kind, int count, int time, String... more) throws Exception {
        List<String> options = new ArrayList<>(List.of("-n", "-M", "prepared", "-j", "2"));
        options.addAll(List.of("-c", Integer.toString(count), "-T", Integer.toString(time)));
        if (kind.equals("select")) {
            options.add("-S");
        } else {
            options.addAll(List.of("-f", "write.sql", "-D", "scale=" + SCALE));
        }
        options.addAll(List.of(more));
        return pgbench(way, options.toArray(String[]::new));
    }

    private static double rate(String out) {
        Matcher matcher = Pattern.compile("tps = ([0-9.]+)").matcher(out);
        if (!matcher.find()) {
            throw new IllegalStateException(out);
        }
        return Double.parseDouble(matcher.group(1));
    }

    private void rates(List<Way> ways, String kind, int count, ProgramUse gateway) throws Exception {
        Map<String, Double> rates = new LinkedHashMap<>();
        for (Way way : ways) {
            run(way, kind, count, 1 + seconds / 5);
            double before = gateway.cpuMicros();
            double rate = rate(run(way, kind, count, seconds));
            rates.put(way.name(), rate);
            if (way.name().equals("interlock")) {
                run.put(
                        kind + count + "CpuUs",
                        (gateway.cpuMicros() - before) / (rate * seconds),
                        "µs of CPU of the gateway");
            }
        }
        rates.forEach((name, rate) -> run.put(kind + count + name, rate, "a second"));
        run.put(kind + count + "OverDirect", rates.get("interlock") / rates.get("direct"), "of direct");
        if (rates.containsKey("pgbouncer")) {
            double mark = kind.equals("select") ? 0.6 : 0;
            double ratio = rates.get("interlock") / rates.get("pgbouncer");
            run.put(
                    kind + count + "OverPgbouncer",
                    ratio,
                    "of PgBouncer" + met(mark > 0, ratio >= mark, "at least 0.6"));
        }
    }

    private static String met(boolean hasMark, boolean isMet, String mark) {
        return hasMark ? " (" + mark + ": " + (isMet ? "met" : "NOT met") + ")" : "";
    }

    private void added(Way direct, Way gated) throws Exception {
        double[] medians = new double[2];
        for (int i = 0; i < 2; i++) {
            String prefix = directory.resolve("log" + i).toString();
            run(i == 0 ? direct : gated, "select", 1, seconds, "-l", "--log-prefix=" + prefix);
            List<Long> times = new ArrayList<>();
            try (Stream<Path> all = Files.list(directory)) {
                for (Path each :
                        all.filter(path -> path.toString().startsWith(prefix)).toList()) {
                    Files.readAllLines(each).forEach(line -> times.add(Long.parseLong(line.split(" ")[2])));
                }
            }
            medians[i] =
                    times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
        }
        double more = medians[1] - medians[0];
        run.put("p50AddedUs", more, "µs more for the median" + met(true, more <= 200, "at most 200"));
    }

    /** What a session keeps of the heap, with the statements that a driver asks at first. */
    private void idle(Way gated, long process) throws Exception {
        live(process);
        long before = live(process); // without what the first collection has ended
        List<Socket> open = new ArrayList<>();
        for (int i = 0; i < IDLE; i++) {
            open.add(session(gated));
        }
        double each = (live(process) - before) / 1024.0 / IDLE;
        run.put("idleKb", each, "KB of heap for an idle session" + met(true, each <= 64, "at most 64"));
        for (Socket socket : open) {
            socket.close();
        }
    }

    static long live(long process) throws Exception {
        String out = Programs.run(
                        List.of(
                                System.getProperty("java.home") + "/bin/jcmd",
                                Long.toString(process),
                                "GC.class_histogram"),
                        "")
                .expect(0)
                .out();
        String[] total = out.strip().substring(out.strip().lastIndexOf("Total")).split("\\s+");
        return Long.parseLong(total[2]);
    }

    private static Socket session(Way way) throws IOException {
        Socket socket = new Socket(way.host(), way.port());
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] greeting = "user\0agent\0database\0shop\0\0".getBytes(StandardCharsets.UTF_8);
        out.writeInt(greeting.length + 8);
        out.writeInt(3 << 16);
        out.write(greeting);
        until(in, 'R');
        send(out, 'p', way.password());
        until(in, 'Z');
        send(out, 'Q', "SELECT count(*) FROM pgbench_branches");
        until(in, 'Z');
        return socket;
    }

    private static void send(DataOutputStream out, char type, String text) throws IOException {
        byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
        out.write(type);
        out.writeInt(bytes.length + 4);
        out.write(bytes);
        out.flush();
    }

    private static void until(DataInputStream in, char last) throws IOException {
        int type;
        do {
            type = in.readUnsignedByte();
            in.readFully(new byte[in.readInt() - 4]);
        } while (type != last && type != 'E');
        if (type == 'E') {
            throw new IOException("the session was refused");
        }
    }

    private void reading() {
        SqlReader reader = new SqlReader();
        reader.warmUp();
        double fresh = 0;
        for (int round = 0; round < 3; round++) {
            long begun = System.nanoTime();
            for (int i = 0; i < TEXTS; i++) {
                reader.read("SELECT abalance FROM pgbench_accounts WHERE aid = " + (round * TEXTS + i));
            }
            fresh = (System.nanoTime() - begun) / 1000.0 / TEXTS; // the last round is warm
        }
        run.put("newTextUs", fresh, "µs to read a new statement" + met(true, fresh <= 1000, "at most 1,000"));
        long begun = System.nanoTime();
        for (int i = 0; i < TEXTS * 10; i++) {
            reader.read("SELECT abalance FROM pgbench_accounts WHERE aid = 1");
        }
        double known = (System.nanoTime() - begun) / 10_000.0 / TEXTS;
        run.put("knownTextUs", known, "µs to read a known one" + met(true, known <= 20, "at most 20"));
    }
}
