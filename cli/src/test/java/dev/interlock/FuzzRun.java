package dev.interlock;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Fuzzes targets one after the other, for {@code ./build fuzz}. Each has a process of its own, and an equal part of the
 * time, which does not contain the start of that process. Findings and logs lie below {@code target/fuzz} of the
 * module. The inputs that reached new code stay in the user's cache, and are where the next run begins.
 */
final class FuzzRun {

    private static final int USAGE = 64;
    private static final int FOUND = 1;

    /** The flags of the JVMs that run tests, but with both compilers, and a bounded heap. */
    private static final List<String> JVM = List.of(
            "-XX:+EnableDynamicAgentLoading",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-Xmx512m");

    /** An input that takes longer than this many seconds is a finding. */
    private static final int MAX_SECONDS_PER_INPUT = 20;

    private static final Pattern COVERAGE = Pattern.compile("#\\d+\\s+(INITED|DONE)\\s+cov: (\\d+).*? corp: (\\d+)/");
    private static final Pattern RUNS = Pattern.compile("stat::number_of_executed_units:\\s*(\\d+)");

    private final Path checkout;
    private final Path cache;
    private final PrintStream out;

    private FuzzRun(Path checkout, Path cache, PrintStream out) {
        this.checkout = checkout;
        this.cache = cache;
        this.out = out;
    }

    /** Fuzzes for as many minutes as the first argument says, all targets or those that the others name. */
    public static void main(String[] args) throws IOException, InterruptedException {
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .orElse(System.getProperty("user.home") + "/.cache");
        Path checkout = Path.of("").toAbsolutePath();
        List<FuzzTarget> targets = new ArrayList<>();
        for (FuzzTarget target : FuzzTarget.in(checkout)) {
            if (args.length == 1 || Stream.of(args).skip(1).anyMatch(target::isNamed)) {
                targets.add(target);
            }
        }
        if (targets.isEmpty()) {
            System.err.println("fuzz: no target has this name; write CLASS or CLASS#METHOD");
            System.exit(USAGE);
        }
        Duration each = Duration.ofMinutes(Long.parseLong(args[0])).dividedBy(targets.size());
        FuzzRun run = new FuzzRun(checkout, Path.of(cache, "interlock-fuzz"), System.out);
        int found = 0;
        for (FuzzTarget target : targets) {
            found += run.fuzz(target, Math.max(1, each.toSeconds())) ? 1 : 0;
        }
        System.out.println("fuzz: " + targets.size() + " targets, " + found + " with a finding");
        System.exit(found == 0 ? 0 : FOUND);
    }

    /** Returns whether something was found. */
    private boolean fuzz(FuzzTarget target, long seconds) throws IOException, InterruptedException {
        Path work = target.module().resolve("target/fuzz");
        Path findings = work.resolve(target.simpleClassName()).resolve(target.method());
        Path log = work.resolve(target + ".log");
        Path corpus = cache.resolve(target.className()).resolve(target.method());
        Files.createDirectories(findings);
        Files.createDirectories(corpus);
        out.println("fuzz: " + target + ", " + seconds + " s");
        Process process = new ProcessBuilder(command(target, seconds, findings, corpus))
                .directory(target.module().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Thread end = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(end);
        int status = process.waitFor();
        Runtime.getRuntime().removeShutdownHook(end);
        out.println("fuzz: " + target + ": " + summary(Files.readString(log)));
        if (status != 0) {
            out.println("fuzz: " + target + " ended with " + status + ": " + checkout.relativize(log) + ", input in "
                    + checkout.relativize(findings));
        }
        return status != 0;
    }

    private static List<String> command(FuzzTarget target, long seconds, Path findings, Path corpus)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        command.addAll(JVM);
        command.addAll(List.of(
                "-cp",
                String.join(
                        ":",
                        target.module().resolve("target/test-classes").toString(),
                        target.module().resolve("target/classes").toString(),
                        Files.readString(target.module().resolve("target/fuzz/classpath"))
                                .strip()),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.className(),
                "--target_method=" + target.method(),
                "--instrument=dev.interlock.**",
                "--reproducer_path=" + findings,
                corpus.toString(),
                "-max_total_time=" + seconds,
                "-timeout=" + MAX_SECONDS_PER_INPUT,
                "-print_final_stats=1",
                "-artifact_prefix=" + findings + "/"));
        return command;
    }

    /** Returns runs, coverage and corpus, as libFuzzer reports them in {@code log}. */
    private static String summary(String log) {
        List<MatchResult> coverage = COVERAGE.matcher(log).results().toList();
        String runs = RUNS.matcher(log)
                .results()
                .map(found -> found.group(1) + " runs")
                .findFirst()
                .orElse("ended early");
        if (coverage.isEmpty()) {
            return runs;
        }
        MatchResult first = coverage.getFirst();
        MatchResult last = coverage.getLast();
        return runs + ", coverage " + last.group(2) + grown(first, last, 2) + ", corpus " + last.group(3)
                + grown(first, last, 3);
    }

    private static String grown(MatchResult first, MatchResult last, int group) {
        return " (+" + (Integer.parseInt(last.group(group)) - Integer.parseInt(first.group(group))) + ")";
    }
}
