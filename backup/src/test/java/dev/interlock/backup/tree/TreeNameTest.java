package dev.interlock.backup.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tests that a link's target is stored to the letter, in any working directory of the reader: services run in the root.
 */
@Tag("process")
class TreeNameTest {

    private static final List<String> TARGETS =
            List.of("current/app", "a/etc/cron.d", "x", ".", "..", "../a", "no/where/ü", "/etc", "/", "/a/b");

    /** Prints for each {@code TARGET…} its spelling, and the name that is read from that. */
    static final class Spelling {

        private Spelling() {}

        public static void main(String[] targets) {
            for (String target : targets) {
                String spelt = TreeName.ofTarget(Path.of(target));
                System.out.println(spelt + " " + TreeName.target(spelt));
            }
        }
    }

    private static List<String> spelt(Path at) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dsun.jnu.encoding=UTF-8",
                "-Dstdout.encoding=UTF-8",
                "-cp",
                absolute(System.getProperty("java.class.path")),
                Spelling.class.getName()));
        command.addAll(TARGETS);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(at.toFile()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out.lines().toList();
    }

    private static String absolute(String classPath) {
        return String.join(
                File.pathSeparator,
                List.of(classPath.split(File.pathSeparator)).stream()
                        .map(one -> Path.of(one).toAbsolutePath().toString())
                        .toList());
    }

    @Test
    void aLinkSaysTheSameWhereverWeAre() throws Exception {
        List<String> expected = TARGETS.stream()
                .map(target -> target.replace("ü", "%C3%BC") + " " + target)
                .toList();
        assertThat(spelt(Path.of("/"))).isEqualTo(expected);
        assertThat(spelt(Path.of("/usr/lib"))).isEqualTo(expected);
    }

    @Test
    void namesBelowTheRootAreWhole() {
        Path root = Path.of("/");
        assertThat(TreeName.of(root, Path.of("/etc/passwd"))).isEqualTo("etc/passwd");
        assertThat(TreeName.in(root, "etc/passwd")).isEqualTo(Path.of("/etc/passwd"));
    }
}
