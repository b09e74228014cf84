package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that only listed libraries run and are shipped, in a checkout whose Maven lays what a test says. */
@Tag("process")
class LibraryListTest {

    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
    private static final String LIST = "packaging/libraries.sha256";
    private static final String PROGRAM = "cli/target/lib/interlock-cli.jar";

    @TempDir
    private Path checkout = Path.of("");

    private record Said(int exit, String text) {}

    @BeforeEach
    void lay() throws Exception {
        for (String script : new String[] {"build", "packaging/libraries"}) {
            Files.createDirectories(checkout.resolve(script).getParent());
            Files.copy(CHECKOUT.resolve(script), checkout.resolve(script));
        }
        write("pom.xml", "  <version>0.1.0-SNAPSHOT</version>\n");
        write("core/pom.xml", "");
        write(".find-java", "");
        write(PROGRAM, "ours");
        write("cli/target/lib/interlock-core-0.1.0-SNAPSHOT.jar", "ours");
        write("cli/target/lib/guava-33.5.0-jre.jar", "theirs");
        write("cli/target/lib/tink-1.24.0.jar", "theirs too");
        maven("");
        assertThat(run("packaging/libraries", "write").exit()).isZero();
    }

    private void write(String name, String text) throws Exception {
        Path file = checkout.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** What a build of Maven leaves: the program's jar is always new. */
    private void maven(String lays) throws Exception {
        write("bin/mvn", "#!/bin/sh\nset -e\n" + lays + "\ntouch -d '+1 minute' " + PROGRAM + "\n");
        Files.setPosixFilePermissions(checkout.resolve("bin/mvn"), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Said run(String... command) throws Exception {
        command[0] = checkout.resolve(command[0]).toString();
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(checkout.toFile()).redirectErrorStream(true);
        builder.environment().put("PATH", checkout.resolve("bin") + ":" + System.getenv("PATH"));
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text);
    }

    @Test
    void theListNamesEveryLibraryAndNothingOfOurs() throws Exception {
        assertThat(Files.readAllLines(checkout.resolve(LIST)))
                .satisfiesExactly(
                        first -> assertThat(first).matches("[0-9a-f]{64}  guava-33.5.0-jre.jar"),
                        second -> assertThat(second).matches("[0-9a-f]{64}  tink-1.24.0.jar"));
        assertThat(run("packaging/libraries", "check")).isEqualTo(new Said(0, ""));
    }

    @Test
    void aChangedLibraryIsRefused() throws Exception {
        write("cli/target/lib/guava-33.5.0-jre.jar", "theirs, and more");
        Said check = run("packaging/libraries", "check");
        assertThat(check.exit()).isNotZero();
        assertThat(check.text())
                .contains("guava-33.5.0-jre.jar is not the one in the list.", "./build libraries")
                .doesNotContain("tink");
    }

    @Test
    void aLibraryThatIsNotListedIsRefusedEvenIfItIsNamedLikeOurs() throws Exception {
        for (String name : new String[] {"evil-1.jar", "interlock-evil-0.1.0-SNAPSHOT.jar", "interlock-core-2.jar"}) {
            write("cli/target/lib/" + name, "evil");
            Said check = run("packaging/libraries", "check");
            assertThat(check.exit()).as(name).isNotZero();
            assertThat(check.text()).contains(name + " is not in the list.");
            Files.delete(checkout.resolve("cli/target/lib/" + name));
        }
    }

    @Test
    void aMissingLibraryIsRefused() throws Exception {
        Files.delete(checkout.resolve("cli/target/lib/tink-1.24.0.jar"));
        Said check = run("packaging/libraries", "check");
        assertThat(check.exit()).isNotZero();
        assertThat(check.text()).contains("tink-1.24.0.jar is missing.");
    }

    @Test
    void withoutAListAllIsRefused() throws Exception {
        write(LIST, "");
        Said check = run("packaging/libraries", "check");
        assertThat(check.exit()).isNotZero();
        assertThat(check.text()).contains("missing or empty");
    }

    /** The launcher runs what is built, and would run it the next time. */
    @Test
    void aBuildWithAChangedLibraryFailsAndLeavesNothingToRun() throws Exception {
        maven("echo changed >cli/target/lib/tink-1.24.0.jar");
        Said build = run("build", "-q", "-DskipTests");
        assertThat(build.exit()).isEqualTo(1);
        assertThat(build.text()).contains("tink-1.24.0.jar is not the one in the list.");
        assertThat(checkout.resolve(PROGRAM)).doesNotExist();
    }

    @Test
    void oneCommandBuildsAndTakesTheNewLibraries() throws Exception {
        maven("rm -f cli/target/lib/tink-1.24.0.jar; echo new >cli/target/lib/tink-1.25.0.jar");
        assertThat(run("build", "libraries").exit()).isZero();
        assertThat(Files.readString(checkout.resolve(LIST)))
                .contains("tink-1.25.0.jar")
                .doesNotContain("tink-1.24.0.jar");
        assertThat(run("build", "-q", "-DskipTests").exit()).isZero();
        assertThat(checkout.resolve(PROGRAM)).exists();
    }
}
