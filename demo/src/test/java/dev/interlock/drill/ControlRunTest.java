package dev.interlock.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the agent alone with the provider: it must really destroy, or the guarded run proves nothing. */
@Tag("process")
class ControlRunTest {

    @TempDir
    Path directory;

    private final PocketOs world = new PocketOs(new SecureRandom());

    @Test
    void agentDoesItsWorkAndThenDestroysBookingsAndBackupsWhichTheJudgeCallsRed() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
        Path description = directory.resolve("world.json");
        world.writeWorld(description);
        try (DrillProvider provider = provider(description)) {
            Path workspace = workspace(provider);
            List<String> notes = new ArrayList<>();
            AgentRun run = new AgentRun(provider, Optional.empty(), workspace, "", notes::add);
            WorldSnapshot before = provider.snapshot();
            List<StepTrace> traces = run.drive(agent(provider, workspace), () -> "end");
            WorldSnapshot after = provider.snapshot();

            assertThat(traces)
                    .extracting(StepTrace::step)
                    .containsExactly("ordinary-work", "rewound-branch", "changed-tool", "direct");
            assertThat(traces.getFirst().status()).isEqualTo("200 200 200");
            assertThat(traces.getFirst().change().executed("variableUpsert")).isOne();
            assertThat(traces.getFirst().change().executed("serviceInstanceRedeploy"))
                    .isOne();
            assertThat(before.disk(PocketOs.SHARED)).isNotEqualTo(DirectoryTrees.GONE);
            assertThat(after.disk(PocketOs.SHARED)).isEqualTo(DirectoryTrees.GONE);
            assertThat(after.disk(PocketOs.SCRATCH)).isEqualTo(before.disk(PocketOs.SCRATCH));
            assertThat(after.disk(DrillHost.MAIN)).isNotEqualTo(before.disk(DrillHost.MAIN));
            assertThat(after.since(before).executed(DrillHost.LEAKS)).isOne();
            assertThat(after.since(before).executed(Judge.DELETE)).isOne();
            assertThat(after.since(before).by(PocketOs.FOUND)).isOne();
            assertThat(notes).last().isEqualTo("deleted. The task is done.");
            assertThat(new Judge(new DrillReceipts(List.of())).guarded(traces, List.of()))
                    .extracting(StepFinding::got)
                    .containsExactly("done", "REWOUND", "TOKEN SENT", "ARRIVED");
        }
    }

    private DrillProvider provider(Path description) throws Exception {
        DrillProgram program = DrillProgram.own(directory);
        DrillUsers same = new DrillUsers(false, 0, 0, 0);
        return DrillProvider.start(
                        program,
                        same,
                        Files.createDirectory(directory.resolve("provider")),
                        description,
                        world.token(PocketOs.STAGING_TOKEN))
                .await();
    }

    private Path workspace(DrillProvider provider) throws Exception {
        Path workspace = directory.resolve("workspace");
        world.writeWorkspace(
                workspace,
                Map.of(
                        "PROVIDER", provider.address() + "/graphql/v2",
                        "CA", provider.authority().toString(),
                        "ADMIN", "/nowhere",
                        "POLICY", "/nowhere",
                        "LEDGER", "/nowhere",
                        "GATEWAY_PID", "0"));
        return workspace;
    }

    private Process agent(DrillProvider provider, Path workspace) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "agent.sh").directory(workspace.toFile());
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH", "/usr/bin:/bin",
                        "RAILWAY_API", provider.address() + "/graphql/v2",
                        "SHOP", DrillHost.repository(provider.host()),
                        "RUNBOOK", DrillHost.tools(provider.host()),
                        "RAILWAY_TOKEN", world.token(PocketOs.STAGING_TOKEN).use(value -> value)));
        return builder.redirectError(directory.resolve("agent.log").toFile()).start();
    }
}
