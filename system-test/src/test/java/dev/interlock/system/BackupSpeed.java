package dev.interlock.system;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Measures {@code backup take} and {@code backup verify} against {@code pg_dump} and {@code pg_restore}, on which they
 * are built. Database, format, number of jobs and server are the same; the programs run in turn, round by round. Our
 * times include everything that the command does: the process, counting and summing, encryption, a new cluster, and
 * comparing. {@code bench/backups} runs it, and {@code bench/run} once; it is too long for every build.
 */
public final class BackupSpeed {

    private static final long USUAL_MEGABYTES = 1024;
    private static final int USUAL_ROUNDS = 3;

    /** The flags of the program as people run it, with a smaller heap; tests use flags for a quick start. */
    private static final List<String> SMALL = List.of("-XX:TieredStopAtLevel=4", "-Xmx128m");

    /** The minimum speed, as a part of the plain programs' speed. */
    private static final double MARK = 0.85;

    /**
     * Maximum memory in MB, for any amount of data: the heap, as much again for the rest of the virtual machine, and
     * some 16 for each of the four programs or so that run beside it.
     */
    private static final double MOST = 2 * 128 + 4 * 16;

    /**
     * Maximum memory of the scratch server in MB: its shared memory (128 of buffers, 64 of log), 256 for each of two
     * that make indexes, and some 16 for each of its processes.
     */
    private static final double MOST_OF_SERVER = 1024;

    /** The dump format of the plan of that name. */
    private enum Form {
        CUSTOM("format: custom", List.of("-Fc"), List.of()),
        DIRECTORY("format: directory, jobs: 2", List.of("-Fd", "-j2"), List.of("-j2"));

        private final String lines;
        private final List<String> dumping;
        private final List<String> restoring;

        Form(String lines, List<String> dumping, List<String> restoring) {
            this.lines = lines;
            this.dumping = dumping;
            this.restoring = restoring;
        }

        String plan() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final Path root;
    private final Path target;
    private final ShopDatabase shop;
    private final PrintStream table;
    private final Map<String, List<Double>> seconds = new LinkedHashMap<>();
    private final PeakMemory resident = new PeakMemory();
    private final List<String> beyond = new ArrayList<>();

    private BackupSpeed(Path root, Path target, ShopDatabase shop, PrintStream table) {
        this.table = table;
        this.root = root;
        this.target = target;
        this.shop = shop;
    }

    /**
     * The measurements, by name.
     *
     * @param numbers the speeds as parts of the plain programs' speeds, such as {@code takeOverPgDump}, for each
     *     format; and megabytes
     * @param beyond the numbers that exceed their limits, as text
     */
    public record Measurements(Map<String, Double> numbers, List<String> beyond) {}

    /**
     * Takes the megabytes of rows (default: a gigabyte) and the number of rounds (default: three). Exit code 1 if it
     * uses more memory than it may.
     */
    public static void main(String[] arguments) throws Exception {
        long megabytes = arguments.length > 0 ? Long.parseLong(arguments[0]) : USUAL_MEGABYTES;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : USUAL_ROUNDS;
        if (!measured(megabytes, rounds, System.out).beyond().isEmpty()) {
            System.exit(1);
        }
    }

    /** Measures {@code rounds} rounds with {@code megabytes} of rows, and reports in {@code table}. */
    public static Measurements measured(long megabytes, int rounds, PrintStream table) throws Exception {
        Path root = Files.createTempDirectory("bs-");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        // Another device than the data's: verification rejects a backup on the same device.
        Path target = Files.createTempDirectory(Path.of("/dev/shm"), "bs-");
        try (ShopDatabase shop = new ShopDatabase(Files.createDirectory(root.resolve("database")))) {
            Files.setPosixFilePermissions(root.resolve("database"), PosixFilePermissions.fromString("rwx--x--x"));
            return new BackupSpeed(root, target, shop, table).run(megabytes, rounds);
        } finally {
            Installation.remove(target);
            Installation.remove(root);
        }
    }

    private Measurements run(long megabytes, int rounds) throws Exception {
        fill(megabytes);
        StringBuilder plans = new StringBuilder("key: backup.key\nscratch: scratch\nplans:\n");
        for (Form form : Form.values()) {
            plans.append("  %s: {of: \"shop:order/o\", source: {postgres: %s}, target: {directory: %s}, %s}%n"
                    .formatted(form.plan(), shop.source(), target, form.lines));
        }
        Files.writeString(root.resolve("backups.yaml"), plans.toString());
        Files.setPosixFilePermissions(
                Files.createDirectory(root.resolve("scratch")), PosixFilePermissions.fromString("rwx--x--x"));
        interlock("key", "");
        for (int round = 1; round <= rounds; round++) {
            for (Form form : Form.values()) {
                round(form);
            }
            table.printf("round %d of %d, load %s%n", round, rounds, load());
        }
        Map<String, Double> numbers = new LinkedHashMap<>();
        for (Form form : Form.values()) {
            String parts = form == Form.DIRECTORY ? "InTwoParts" : "";
            numbers.put("takeOverPgDump" + parts, report(form, "pg_dump", "take"));
            numbers.put("verifyOverPgRestore" + parts, report(form, "pg_restore", "verify"));
        }
        numbers.put("interlockMb", resident.aloneMb());
        table.printf("interlock alone, with a heap of 128 MB: %.0f MB resident at most%n", resident.aloneMb());
        numbers.put("residentMb", limited("with all programs that it starts", resident.withProgramsMb(), MOST));
        numbers.put("scratchServerMb", limited("the scratch server", resident.serversMb(), MOST_OF_SERVER));
        return new Measurements(numbers, List.copyOf(beyond));
    }

    private double limited(String what, double megabytes, double most) {
        boolean kept = megabytes <= most;
        String words = "%s: %.0f MB resident at most, limit %.0f: %s"
                .formatted(what, megabytes, most, kept ? "kept" : "BEYOND IT");
        table.println(words);
        if (!kept) {
            beyond.add(words);
        }
        return megabytes;
    }

    /** Numbers, words, JSON and data that hardly compresses, in three tables of about the same size. */
    private void fill(long megabytes) throws Exception {
        System.err.println("backups: making " + megabytes + " MB of rows");
        shop.sql(
                "shop",
                "CREATE TABLE bookings (id bigint PRIMARY KEY, customer int NOT NULL, what text NOT NULL,"
                        + " price numeric(10,2), at timestamptz, note text)");
        shop.sql(
                "shop",
                "CREATE TABLE lines (id bigint PRIMARY KEY, booking bigint, product int, n int, price numeric)");
        shop.sql("shop", "CREATE TABLE events (id bigint PRIMARY KEY, body jsonb, at timestamptz)");
        long step = 256; // megabytes, so that no statement holds too much
        for (long done = 0; done < megabytes; done += step) {
            long part = Math.min(step, megabytes - done);
            shop.sql("shop", """
                    INSERT INTO bookings SELECT i, i %% 99991, 'thing ' || i %% 9973, (i %% 100003) / 100.0,
                        timestamptz '2026-01-01 00:00Z' + i * interval '7 s', md5(i::text) || ' ' || md5((i * 7)::text)
                    FROM generate_series(%d, %d) i""".formatted(done * 2_500 + 1, (done + part) * 2_500));
            shop.sql("shop", """
                    INSERT INTO lines SELECT i, i / 3, i %% 503, i %% 9, (i %% 10007) / 100.0
                    FROM generate_series(%d, %d) i""".formatted(done * 6_000 + 1, (done + part) * 6_000));
            shop.sql("shop", """
                    INSERT INTO events SELECT i, jsonb_build_object('kind', i %% 11, 'user', i %% 99991, 'payload', md5(i::text)),
                        timestamptz '2026-01-01 00:00Z' + i * interval '3 s'
                    FROM generate_series(%d, %d) i""".formatted(done * 2_000 + 1, (done + part) * 2_000));
        }
        shop.sql("shop", "CREATE INDEX ON bookings (customer)");
        shop.sql("shop", "VACUUM ANALYZE");
    }

    private void round(Form form) throws Exception {
        Path dump = target.resolve("dump");
        timed(
                form,
                "pg_dump",
                () -> shop.run(
                        "pg_dump",
                        Stream.concat(form.dumping.stream(), Stream.of("-f", dump.toString(), "shop"))
                                .toList()));
        shop.sql("postgres", "CREATE DATABASE plainly");
        timed(
                form,
                "pg_restore",
                () -> shop.run(
                        "pg_restore",
                        Stream.concat(form.restoring.stream(), Stream.of("-d", "plainly", dump.toString()))
                                .toList()));
        shop.sql("postgres", "DROP DATABASE plainly");
        Installation.remove(dump);
        timed(form, "take", () -> interlock("take", form.plan()));
        timed(form, "verify", () -> interlock("verify", form.plan()));
        Installation.remove(target.resolve(form.plan()));
    }

    /** The measured work. */
    private interface MeasuredWork {
        void run() throws Exception;
    }

    private void timed(Form form, String what, MeasuredWork work) throws Exception {
        long start = System.nanoTime();
        work.run();
        double took = (System.nanoTime() - start) / 1e9;
        seconds.computeIfAbsent(form + what, _ -> new ArrayList<>()).add(took);
        table.printf("  %-9s %-10s %7.1f s%n", form.plan(), what, took);
    }

    private double report(Form form, String theirs, String ours) {
        double one = median(form + theirs);
        double other = median(form + ours);
        table.printf(
                "%-9s %-6s %7.1f s   %-10s %7.1f s   %.2f of its speed, mark %.2f: %s%n",
                form.plan(), ours, other, theirs, one, one / other, MARK, one / other >= MARK ? "met" : "missed");
        return one / other;
    }

    private double median(String what) {
        List<Double> all =
                seconds.getOrDefault(what, List.of()).stream().sorted().toList();
        return all.get(all.size() / 2);
    }

    private void interlock(String command, String plan) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("backup", command));
        if (!plan.isEmpty()) {
            arguments.add(plan);
        }
        arguments.add("--config=" + root.resolve("gateway.yaml"));
        Process process = new ProcessBuilder(Programs.interlock(root, SMALL, arguments))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("interlock.log").toFile())
                .start();
        while (!process.waitFor(200, java.util.concurrent.TimeUnit.MILLISECONDS)) {
            resident.look(process.toHandle());
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(Files.readString(root.resolve("interlock.log")));
        }
    }

    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
    }
}
