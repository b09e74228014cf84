package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The short form of {@code bench/partitions}: some of everything, and a fault of each kind that must be found. */
final class PartitionsTest {

    @Test
    @Tag("process")
    @Timeout(600)
    void aFleetKeepsItsPromisesWhileItsPartsFail() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root makes networks");
        for (String tool : List.of("/usr/sbin/nft", "/usr/sbin/fsfreeze", "/usr/bin/cc", "/usr/lib/postgresql")) {
            assumeTrue(Files.exists(Path.of(tool)), tool + " is missing");
        }
        assumeTrue(Files.isExecutable(GatewayFleet.BALANCER), "haproxy is not installed: apt-get install haproxy");
        List<String> apart = List.of("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc");
        List<String> command = new ArrayList<>(apart);
        command.add("true");
        assumeTrue(
                Programs.run(command, "").exit() == 0 && Files.exists(Path.of("/dev/loop-control")),
                "this machine gives no namespaces or no loop devices");
        command = new ArrayList<>(apart);
        command.addAll(List.of(
                "sh",
                "-c",
                "mkdir -p /run/netns; mount -t tmpfs none /run/netns; \"$@\"; exit $?",
                "sh",
                Programs.java(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.interlock.system.Partitions",
                "--quick",
                "--races",
                "4"));
        Programs.ProgramResult result = Programs.run(command, "");
        assertThat(result.exit()).as(result.out() + result.err()).isZero();
        assertThat(result.out())
                .contains("planted fault of consumption: found", "planted fault of limit: found")
                .contains("planted fault of kill: found", "planted fault of evidence: found");
    }
}
