package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tests the launcher of a checkout for its owner and for others. The program that it starts only prints that it
 * started.
 */
@Tag("process")
class LauncherTest {

    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
    private static final String SCRIPTS = "cli/src/main/resources/dev/interlock/cli/";
    private static final String OTHER = "64991";

    private Path checkout = Path.of("");

    @BeforeEach
    void lay() throws IOException {
        checkout = Files.createTempDirectory("interlock-launcher-");
        Files.setPosixFilePermissions(checkout, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.copy(CHECKOUT.resolve("interlock"), checkout.resolve("interlock"));
        Files.createDirectories(checkout.resolve(SCRIPTS));
        Files.copy(CHECKOUT.resolve(SCRIPTS + "launch.sh"), checkout.resolve(SCRIPTS + "launch.sh"));
        Files.writeString(checkout.resolve(".find-java"), "JAVA_HOME=" + checkout + "\n");
        script("bin/java", "echo started");
        script("packaging/native", ":");
        script(
                "build",
                "echo \"building $*\"; rm -f cli/target/lib/*.jar; mkdir -p cli/target/lib; : > cli/target/lib/interlock-cli.jar");
        for (String source : List.of("pom.xml", "cli/pom.xml", "cli/src/main/A.java", "evidence/src/main/B.java")) {
            Files.createDirectories(checkout.resolve(source).getParent());
            Files.writeString(checkout.resolve(source), "");
        }
    }

    private void script(String name, String text) throws IOException {
        Path file = checkout.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\nset -e\ncd " + checkout + "\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void remove() throws IOException {
        try (Stream<Path> files = Files.walk(checkout)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private record LauncherResult(int exit, String said) {}

    private LauncherResult launch(String... as) throws Exception {
        return command("status", as);
    }

    private LauncherResult command(String name, String... as) throws Exception {
        return started("interlock", name, as);
    }

    private LauncherResult started(String launcher, String name, String... as) throws Exception {
        List<String> command = new ArrayList<>(List.of(as));
        command.addAll(List.of(checkout.resolve(launcher).toString(), name));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new LauncherResult(process.waitFor(), said);
    }

    private LauncherResult launchAsAnother() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs two users");
        return launch("setpriv", "--reuid=" + OTHER, "--regid=" + OTHER, "--clear-groups");
    }

    /** Makes the build older than the sources, as after a pull. */
    private void makeStale() throws Exception {
        launch();
        Files.setLastModifiedTime(checkout.resolve("cli/target/lib/interlock-cli.jar"), FileTime.from(Instant.EPOCH));
    }

    @Test
    void theOwnerBuildsOnceAndSeesTheDuration() throws Exception {
        LauncherResult first = launch();
        assertThat(first.exit()).isZero();
        assertThat(first.said()).contains("minutes of two cores", "-DskipTests", "started");
        assertThat(launch().said()).isEqualTo("started\n");
        makeStale();
        assertThat(launch().said()).contains("building").endsWith("started\n");
    }

    /** Maven resets colours that it has never set, in files and pipes too. */
    @Test
    void whatIsBuiltIntoAFileOrAPipeSaysItWithoutCodesForATerminal() throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(CHECKOUT.resolve("build").toString(), "--version").redirectErrorStream(true);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains("Apache Maven").doesNotContain("\033");
    }

    private LauncherResult built(String maven, Map<String, String> environment, String... command) throws Exception {
        Files.copy(CHECKOUT.resolve("build"), checkout.resolve("build"), StandardCopyOption.REPLACE_EXISTING);
        script("bin/mvn", """
                echo '[INFO] Scanning for projects...'
                echo '[INFO] Building Interlock 0.1.0-SNAPSHOT                                   [1/2]'
                echo '[INFO] Building jar: /a/b-1.jar'
                echo '[WARNING] old'
                echo '  and more of it'
                echo '[INFO] Building Interlock command line 0.1.0-SNAPSHOT                      [2/2]'
                """ + maven);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(checkout.toFile()).redirectErrorStream(true);
        builder.environment().put("PATH", checkout.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("TERM", "xterm");
        builder.environment().remove("NO_COLOR");
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new LauncherResult(process.waitFor(), said);
    }

    @Test
    void aQuietBuildNamesEachModuleAndNothingElse() throws Exception {
        LauncherResult build = built("", Map.of(), "./build", "-q", "-DskipTests");
        assertThat(build).isEqualTo(new LauncherResult(0, "build: Interlock (1 of 2)\nbuild: command line (2 of 2)\n"));
    }

    @Test
    void aQuietBuildThatFailsShowsTheErrorsAndKeepsTheStatus() throws Exception {
        String error =
                "[WARNING] new\n[ERROR] A.java:[3,5] cannot find symbol\n  symbol: B\n[ERROR] COMPILATION ERROR\n";
        LauncherResult build = built(
                "printf '" + error + "[INFO] done\n  in a second\n'; exit 3", Map.of(), "./build", "-q", "-DskipTests");
        assertThat(build.exit()).isEqualTo(3);
        assertThat(build.said()).endsWith("(2 of 2)\n" + error).doesNotContain("[INFO]", "old", "more of it");
    }

    /** Maven is told to go on after failed tests, and then ends as if all were well. */
    @Test
    void aQuietBuildWithFailedTestsShowsThem() throws Exception {
        String maven = """
                mkdir -p cli/target/surefire-reports
                echo '<testsuite name="ATest" errors="0" failures="1">' >cli/target/surefire-reports/TEST-ATest.xml
                touch -d '+1 minute' cli/target/surefire-reports/TEST-ATest.xml
                echo '[ERROR] ATest.sums expected 4 but was 5'
                """;
        LauncherResult build = built(maven, Map.of(), "./build", "-q");
        assertThat(build.exit()).isEqualTo(1);
        assertThat(build.said()).contains("tests failed in these classes", "expected 4 but was 5");
    }

    @Test
    void atATerminalOneLineChanges() throws Exception {
        String[] terminal = {"script", "-qec", "./build -q", "/dev/null"};
        assertThat(built("", Map.of(), terminal).said())
                .contains("\r\033[Kbuild: Interlock (1 of 2)\r\033[Kbuild: command line (2 of 2)\r\033[K")
                .doesNotContain("\n");
        assertThat(built("", Map.of("NO_COLOR", "1"), terminal).said())
                .contains("(1 of 2)\r\n")
                .doesNotContain("\033");
    }

    /** Native code beside an older program may not fit, and the virtual machine checks only its own. */
    @Test
    void nativeCodeIsUsedUnlessItIsOlderThanTheProgram() throws Exception {
        script("bin/java", "echo \"$CEDAR_JAVA_FFI_LIB $*\"");
        launch();
        Path laid = checkout.resolve("cli/target/lib/native/libsqlitejdbc.so");
        Files.createDirectories(laid.getParent());
        Files.writeString(laid, "");
        Files.setLastModifiedTime(laid, FileTime.from(Instant.EPOCH));
        assertThat(command("up").said()).doesNotContain("native/");
        Files.setLastModifiedTime(laid, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(command("up").said())
                .contains("native/libcedar_java_ffi.so ", "-Dorg.sqlite.lib.path=" + laid.getParent());
        assertThat(command("status").said()).doesNotContain("native/");
    }

    /** The gateway sees the libraries that its own jar names, and so neither commands nor the demo. */
    @Test
    void upRunsTheGatewaysJarAlone() throws Exception {
        script("bin/java", "echo \"$*\"");
        launch();
        Path jar = checkout.resolve("cli/target/lib/interlock-gateway-1.jar");
        Files.writeString(jar, "");
        assertThat(command("up").said()).contains("-cp " + jar + " dev.interlock.daemon.GatewayMain up");
        assertThat(command("status").said()).contains("interlock-cli.jar", "dev.interlock.cli.Main status");
    }

    /** Both versions are there after a pull that has raised the version. */
    @Test
    void theLastBuiltVersionIsRun() throws Exception {
        script("bin/java", "echo \"$*\"");
        Path old = checkout.resolve("cli/target/lib/interlock-cli-0.0.9.jar");
        Files.createDirectories(old.getParent().resolve("lib"));
        Files.writeString(old, "");
        Files.setLastModifiedTime(old, FileTime.from(Instant.EPOCH));
        String said = launch().said();
        assertThat(said).contains("building", checkout + "/cli/target/lib/interlock-cli.jar");
        assertThat(said).doesNotContain(old.toString());
        assertThat(launch().said()).doesNotContain("building", old.toString());
    }

    /**
     * The installed program is the one in daily use: it has all settings that make a checkout faster, or give it more
     * memory.
     */
    @Test
    void whatIsInstalledStartsEachCommandAsACheckoutDoes() throws Exception {
        script("bin/java", "echo \"$*\"");
        launch();
        String installed = Files.readString(CHECKOUT.resolve(SCRIPTS + "installed.sh"));
        script(
                "installed",
                installed
                        .replace("@LIB@", checkout.resolve("cli/target/lib").toString())
                        .replace("@JAVA@", checkout.resolve("bin/java").toString())
                        .replace("@LAUNCH@\n", Files.readString(CHECKOUT.resolve(SCRIPTS + "launch.sh"))));
        for (String name : List.of("backup", "status", "up", "keys")) {
            assertThat(flags(started("installed", name).said()))
                    .as(name)
                    .isEqualTo(flags(command(name).said()));
        }
        assertThat(flags(command("backup").said())).contains("-Xmx512m").doesNotContain("-XX:TieredStopAtLevel=1");
    }

    /** Returns the flags of the virtual machine, without paths. */
    private static List<String> flags(String said) {
        return Stream.of(said.split("\\s+"))
                .filter(word -> word.startsWith("-X") || word.startsWith("--"))
                .toList();
    }

    @Test
    void anotherUserRunsTheBuiltVersionWithAWarning() throws Exception {
        makeStale();
        LauncherResult other = launchAsAnother();
        assertThat(other.exit()).isZero();
        assertThat(other.said().lines()).hasSize(2).last().isEqualTo("started");
        assertThat(other.said()).contains("newer than what is built").doesNotContain("building");
    }

    @Test
    void anotherUserLearnsThatNothingIsBuilt() throws Exception {
        LauncherResult other = launchAsAnother();
        assertThat(other.exit()).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(other.said().lines()).singleElement().asString().contains("nothing is built");
    }

    @Test
    void rootLeavesNothingOfItsOwnInABuiltCheckoutOfSomebodyElse() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs two users");
        makeStale();
        Files.setAttribute(checkout, "unix:uid", Integer.valueOf(OTHER));
        assertThat(launch().said()).contains("newer than what is built").doesNotContain("building");
    }
}
