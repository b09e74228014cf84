package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.linux.ShellWords;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plays an ordinary day, {@code day.txt}, first without Interlock and then inside of {@code run}. What differs and is
 * not named there fails, and so does what is named and does not differ.
 */
@Timeout(3000)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
@Tag("promise")
final class DayTest {

    /** The toolchains of which all steps are played, or {@code all}; if empty, the first step of each is. */
    private static final Set<String> CHOSEN =
            Set.of(System.getProperty("interlock.day", "").split(",", -1));

    private static final boolean IS_WHOLE = !CHOSEN.contains("");

    private static final Path PAGE = Path.of("..", "docs", "agents.md");

    private static final Pattern TOOLCHAIN = Pattern.compile("(\\w+): (.+)");

    private static final Pattern STEP = Pattern.compile(" {2}([^ :\\[][^:\\[]*?)(?: \\[(.+?)])?: (.+)");

    /** As root, whoever works outside is the user that works inside. */
    private static final boolean IS_ROOT = System.getProperty("user.name").equals("root");

    private static final String AGENT = "61234";

    private static final String BIN = "node_modules/.bin";

    private static final String PREPARE = "prepare";

    /** Prints of each step its name, exit code and both outputs. */
    private static final String PLAYER = """
            made=$(mktemp -d)
            step() {
                timeout -k 5 100 bash -c "$2" >$made/out 2>$made/err </dev/null
                echo "$1 $? =$(base64 -w0 $made/out) =$(base64 -w0 $made/err)"
            }
            """;

    /** What a toolchain does in a day. */
    record Toolchain(String name, List<String> programs, List<Step> steps) {

        List<String> missing() {
            return programs.stream()
                    .filter(program -> !Programs.has(program)
                            && !Files.exists(tools().resolve(BIN).resolve(program)))
                    .toList();
        }

        /** The steps that are played now, of which the first may be the preparation. */
        List<Step> played() {
            int first = steps.getFirst().name().equals(PREPARE) ? 2 : 1;
            return IS_WHOLE ? steps : steps.subList(0, first);
        }

        /** Returns what is unexpected. */
        Stream<String> compare(Map<String, Played> outside, Map<String, Played> inside) {
            return played().stream().flatMap(step -> {
                Played without = Objects.requireNonNull(outside.get(key(step)), step.name());
                Played with = step.name().equals(PREPARE)
                        ? without
                        : Objects.requireNonNull(inside.get(key(step)), step.name());
                boolean isSame = without.exit() == with.exit() && without.out().equals(with.out());
                return without.exit() != 0
                        ? Stream.of(step.name() + " fails outside: " + without)
                        : isSame == step.difference().isEmpty()
                                ? Stream.empty()
                                : Stream.of(step.name()
                                        + (isSame
                                                ? " no longer differs"
                                                : " differs:\n  outside " + without + "\n  inside  " + with));
            });
        }

        String key(Step step) {
            return name + "/" + steps.indexOf(step);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** One step; {@code difference} is the line of the page for which it differs, empty if it must not. */
    record Step(String name, String difference, String command) {}

    /** What a step did. */
    record Played(int exit, String out, String err) {}

    private final Map<String, Played> outside = new HashMap<>();
    private final Map<String, Played> inside = new HashMap<>();
    private Installation installation;
    private Path home;

    @BeforeAll
    void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "git", "jq")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.openAtTheProvidersAddress();
        installation.seal(text -> text + "files: standard\n");
        home = installation.workspace("home");
        Files.writeString(home.resolve(".gitconfig"), """
                [user]
                name = Ann
                email = ann@example.com
                [url "https://github.com/"]
                insteadOf = git@github.com:
                [init]
                defaultBranch = main
                """);
        give(
                "authorities.pem",
                installation.registry().authority() + installation.git().authority());
        give("passwd", Files.readString(Path.of("/etc/passwd")) + "day:x:" + AGENT + ":" + AGENT + "::" + home + ":\n");
        Files.createDirectory(staged());
        if (Files.isDirectory(tools())) {
            execute("cp", "-r", tools() + "/node_modules", staged().toString());
        }
        Path packed = Files.createDirectories(installation.root().resolve("packed/package"));
        Files.writeString(packed.resolve("package.json"), "{\"name\":\"day\",\"version\":\"1.0.0\"}");
        Files.writeString(packed.resolve("index.js"), "module.exports = 'from the registry'");
        Path tarball = packed.resolveSibling("day.tgz");
        execute("tar", "czf", tarball.toString(), "-C", installation.root() + "/packed", "package");
        installation.registry().publish("day", Files.readAllBytes(tarball));
        installation.registry().publishParent("acme", "parent");
        installation.registry().publishModule("example.com/thing");
        if (!IS_WHOLE) {
            play(
                    installation.root().resolve("day"),
                    day().stream().filter(each -> each.missing().isEmpty()).toList());
        }
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    private void give(String file, String text) throws IOException {
        Files.setPosixFilePermissions(
                Files.writeString(installation.root().resolve(file), text),
                PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static List<Toolchain> day() throws IOException {
        List<Toolchain> day = new ArrayList<>();
        try (InputStream in = DayTest.class.getResourceAsStream("day.txt")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.replaceAll("\n {4}", "\0").lines().toList()) {
                Matcher step = STEP.matcher(line.replaceFirst("\0(?s).*", ""));
                Matcher toolchain = TOOLCHAIN.matcher(line);
                if (step.matches()) {
                    String rest = line.substring(step.start(3)).replace('\0', '\n');
                    String difference = Objects.requireNonNullElse(step.group(2), "");
                    day.getLast().steps().add(new Step(step.group(1), difference, rest));
                } else if (toolchain.matches()) {
                    List<String> programs = List.of(toolchain.group(2).split(" ", -1));
                    day.add(new Toolchain(toolchain.group(1), programs, new ArrayList<>()));
                } else {
                    assertThat(line).matches("|#.*");
                }
            }
        }
        return day;
    }

    @ParameterizedTest
    @MethodSource("day")
    void anOrdinaryDayIsTheSameInside(Toolchain toolchain) throws Exception {
        assumeTrue(toolchain.missing().isEmpty(), "needs " + toolchain.missing());
        if (IS_WHOLE) {
            assumeTrue(CHOSEN.contains("all") || CHOSEN.contains(toolchain.name()), "not chosen");
            play(installation.root().resolve("day").resolve(toolchain.name()), List.of(toolchain));
        }
        assertThat(toolchain.compare(outside, inside)).isEmpty();
    }

    @Test
    void thePageNamesEachDifference() throws Exception {
        String table = Files.readString(PAGE).replaceFirst("(?s).*\n### What differs from outside(.*?)\n### .*", "$1");
        assertThat(day().stream().flatMap(each -> each.steps().stream()).map(Step::difference))
                .filteredOn(each -> !each.isEmpty())
                .isNotEmpty()
                .allSatisfy(each -> assertThat(table).contains("\n| " + each + " | "));
    }

    /** Plays both, each time in new directories and with a new repository at the provider. */
    private void play(Path workspace, List<Toolchain> toolchains) throws Exception {
        prepare(toolchains);
        read(outside(script(toolchains, false)), outside);
        prepare(toolchains);
        read(inside(workspace, script(toolchains, false)), inside);
    }

    private void prepare(List<Toolchain> toolchains) throws Exception {
        Path base = installation.root().resolve("day");
        execute("rm", "-rf", base.toString());
        for (Toolchain each : toolchains) {
            Path directory = Files.createDirectories(base.resolve(each.name()));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        // Who can write what is around a workspace could replace it: then nothing starts.
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString(IS_WHOLE ? "rwxr-xr-x" : "rwxrwxrwx"));
        if (IS_ROOT) {
            execute("sh", "-c", "chown " + AGENT + " " + base + "/*");
        }
        installation.git().publish("acme/shop", "hello", "hello\n");
        read(outside(script(toolchains, true)), outside);
    }

    private String script(List<Toolchain> toolchains, boolean isPreparation) {
        StringBuilder script = new StringBuilder(PLAYER);
        script.append("export PATH=" + staged() + "/" + BIN + ":/usr/local/bin:/usr/bin:/bin");
        script.append(" DAY_PORT=" + installation.port() + "\n");
        for (Toolchain toolchain : toolchains) {
            script.append("cd " + installation.root().resolve("day").resolve(toolchain.name()) + "\n");
            for (Step step : toolchain.played()) {
                if (step.name().equals(PREPARE) == isPreparation) {
                    script.append("step " + toolchain.key(step) + " " + ShellWords.quoted(step.command()) + "\n");
                }
            }
        }
        return script.toString();
    }

    /** Runs a script as an agent's user would, were there no sandbox: at the same providers, which it trusts. */
    private Programs.ProgramResult outside(String script) throws Exception {
        Path root = installation.root();
        List<String> command = new ArrayList<>(List.of("bwrap", "--dev-bind", "/", "/"));
        command.addAll(List.of("--ro-bind", installation.hosts().toString(), "/etc/hosts"));
        command.addAll(List.of("--ro-bind", root + "/authorities.pem", "/etc/ssl/certs/ca-certificates.crt"));
        if (IS_ROOT) {
            command.addAll(List.of("--ro-bind", root + "/passwd", "/etc/passwd"));
            command.addAll(List.of("setpriv", "--reuid=" + AGENT, "--regid=" + AGENT, "--clear-groups"));
        }
        command.addAll(List.of("env", "-i", "HOME=" + home, "LANG=C.UTF-8"));
        command.add("NODE_EXTRA_CA_CERTS=" + root + "/authorities.pem");
        command.add("MAVEN_OPTS=-Dmaven.wagon.http.ssl.insecure=true -Daether.connector.https.securityMode=insecure");
        command.addAll(List.of("sh", "-c", script));
        return Programs.run(command, "");
    }

    private Programs.ProgramResult inside(Path workspace, String script) throws Exception {
        List<String> command = new ArrayList<>(List.of("run", "--config=" + installation.configuration()));
        command.addAll(List.of("--agent=jer/cursor", "--task=fix-staging", "--workspace=" + workspace));
        command.addAll(List.of("--read=" + staged(), "--", "sh", "-c", script));
        ProcessBuilder builder = installation.command(command);
        builder.environment().put("HOME", home.toString());
        return Programs.run(builder, "");
    }

    private static void read(Programs.ProgramResult ended, Map<String, Played> into) {

        assertThat(ended.exit()).as(ended.err()).isZero();
        ended.out().lines().forEach(line -> {
            String[] part = line.split(" ", -1);
            into.put(part[0], new Played(Integer.parseInt(part[1]), decode(part[2]), decode(part[3])));
        });
    }

    private static String decode(String output) {
        return new String(Base64.getDecoder().decode(output.substring(1)), StandardCharsets.UTF_8);
    }

    private static void execute(String... command) throws Exception {
        Programs.run(List.of(command), "").expect(0);
    }

    /** Where programs lie that Debian has no package of. */
    private static Path tools() {
        String given = System.getenv("INTERLOCK_DAY");
        return given == null ? Path.of(System.getProperty("user.home"), ".cache/interlock-day") : Path.of(given);
    }

    private Path staged() {
        return installation.root().resolve("tools");
    }
}
