package dev.interlock.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.linux.SafeRemoval;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests the stage with real processes under users of their own, as far as it works without a gateway. */
@Tag("process")
class DrillStageTest {

    @Test
    void worldsAreEqualAndTheAgentsUserReachesOnlyItsWorkspace() throws Exception {
        Path root;
        try (DrillStage stage = DrillStage.open(false, InstantSource.system())) {
            root = stage.root();
            stage.startProviders();
            assertThat(stage.provider().snapshot().disks())
                    .isEqualTo(stage.controlProvider().snapshot().disks());
            assertThat(stage.foundTokenOpensProvider()).isTrue();
            assertThat(root.resolve("world.json")).doesNotExist();

            Path workspace = stage.workspace("control");
            assertThat(openToAll(root)).isEmpty();
            AgentRun run = new AgentRun(stage.controlProvider(), Optional.empty(), workspace, "", _ -> {});
            List<StepTrace> traces = run.drive(stage.plainAgent(workspace).start(), () -> "end");
            assertThat(traces.getLast().change().after().disk(PocketOs.SHARED)).isEqualTo(DirectoryTrees.GONE);
            assertThat(stage.provider().snapshot().disk(PocketOs.SHARED)).isNotEqualTo(DirectoryTrees.GONE);

            if (stage.users().separate()) {
                DrillUsers users = stage.users();
                assertThat(reads(users, users.agent(), root.resolve("provider/volumes")))
                        .isFalse();
                assertThat(reads(users, users.provider(), root.resolve("provider/volumes")))
                        .isTrue();
                assertThat(reads(users, users.agent(), root)).isFalse();
                assertThat(reads(users, users.agent(), workspace)).isTrue();
            }
        }
        assertThat(root).doesNotExist();
    }

    /** Returns the directories in which anybody could replace a file that root removes. */
    private static List<Path> openToAll(Path root) throws Exception {
        try (Stream<Path> all = Files.walk(root)) {
            List<Path> open = new ArrayList<>();
            for (Path path : all.filter(Files::isDirectory).toList()) {
                if (Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_WRITE)) {
                    open.add(path);
                }
            }
            return open;
        }
    }

    private static boolean reads(DrillUsers users, int uid, Path path) throws Exception {
        return DrillProgram.run(users.as(uid, List.of("/usr/bin/test", "-r", path.toString())), "")
                        .exit()
                == 0;
    }

    @Test
    void policyOfAnotherDirectoryReplacesFilesByNameAndIsFilledIn() throws Exception {
        Path directory = Files.createTempDirectory("interlock-policy-test-");
        try {
            PocketOs.writePolicy(
                    directory.resolve("made"),
                    java.util.Map.of("policy.cedar", "permit at ${ADDRESS}", "tests/a.yaml", "x"),
                    java.util.Map.of("ADDRESS", "https://localhost:1"));
            assertThat(directory.resolve("made/policy.cedar")).hasContent("permit at https://localhost:1");
            assertThat(directory.resolve("made/tests/a.yaml")).hasContent("x");
        } finally {
            SafeRemoval.of(directory);
        }
    }
}
