package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plays all incidents against policy directories, whose verdicts show that each step is what it is said to be. */
class DrillCommandTest {

    private static final String WIDE = """
            organisation: acme
            environments:
              production: {protected: true}
              staging: {protected: false}
            people:
              sam: {groups: [owners], keys: ["%s"]}
            agents:
              sam/bot: {owner: sam, teams: [bots]}
            upstreams:
              github: {catalog: github, address: "https://localhost:1", credentials: {}}
              shop: {catalog: pg, address: "postgres://localhost:1/shop", credentials: {}}
            tasks:
              all:
                environments: [staging, production]
                impacts: [read, write, destroy, execute, privilege, credential]
                ttl: 1h
            """;

    private static final String READS =
            "@id(\"reads\") permit (principal, action in Impact::Action::\"read\", resource);";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    private int interlock(String... arguments) {
        out.reset();
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private Path policy(String cedar) throws IOException {
        Files.writeString(
                directory.resolve("interlock.yaml"),
                WIDE.formatted(TestingKey.hardware().line()));
        Files.writeString(directory.resolve("policy.cedar"), cedar);
        return directory;
    }

    private List<JsonNode> steps(Path policy, int exit) throws IOException {
        int got = interlock("drill", policy.toString(), "--every-provider", "--json");
        assertThat(got).as(err.toString(StandardCharsets.UTF_8)).isEqualTo(exit);
        List<JsonNode> steps = new ArrayList<>();
        new ObjectMapper()
                .readTree(out.toByteArray())
                .path("incidents")
                .forEach(incident -> incident.path("steps").forEach(steps::add));
        return steps;
    }

    private static boolean isHarmful(JsonNode judged) {
        return !judged.path("step").path("ordinary").booleanValue();
    }

    private static String verdict(JsonNode judged) {
        return judged.path("verdict").textValue();
    }

    /** Where the wall is the lease, the step does not pass either once a person has widened it; two are known to. */
    @Test
    void theFirstPolicyStopsAllHarmAndLetsOrdinaryWorkGoOn() throws IOException {
        Path key = Files.writeString(
                directory.resolve("ann.pub"), TestingKey.hardware().line() + " ann\n");
        assertThat(interlock(TestingInit.command(directory, key.toString()))).isZero();
        List<JsonNode> steps = steps(directory.resolve("made/policy"), ExitCodes.OK);
        Set<String> doors = new TreeSet<>();
        int tried = 0;
        List<String> wideners = new ArrayList<>();
        for (JsonNode judged : steps) {
            String what = judged.toString();
            if (!isHarmful(judged)) {
                assertThat(verdict(judged)).as(what).isIn("passes", "undoable", "asked", "untried");
                continue;
            }
            assertThat(verdict(judged)).as(what).isIn("no_way", "wall", "asked");
            if (judged.has("who")) {
                tried++;
                doors.add(judged.path("step").path("door").textValue());
            }
            if (judged.path("widened").asText().startsWith("passes")) {
                wideners.add(judged.path("step").path("does").textValue());
            }
        }
        assertThat(tried).isGreaterThan(25);
        assertThat(doors).containsExactly("GraphQL", "HTTP", "MCP", "SQL", "git");
        assertThat(steps.stream().filter(judged -> verdict(judged).equals("passes")))
                .hasSizeGreaterThan(12);
        assertThat(wideners)
                .containsExactly("proposes it to everybody", "fills the table with people who do not exist");
    }

    /** No harmful step is a mere read. */
    @Test
    void whoMayReadEverythingDoesNoHarm() throws IOException {
        assertThat(steps(policy(READS), ExitCodes.OK))
                .filteredOn(DrillCommandTest::isHarmful)
                .extracting(DrillCommandTest::verdict)
                .doesNotContain("passes", "asked");
    }

    @Test
    void aWidePolicyIsNamedByItsLineAndTheProposedPoliciesStopIt() throws IOException {
        String permit = """
                @id("everything")
                @confirm("1 of owners")
                permit (principal, action in Impact::Action::"destroy", resource);
                @id("anything")
                permit (
                    principal,
                    action in [Impact::Action::"read", Impact::Action::"write", Impact::Action::"privilege"],
                    resource
                );
                """;
        List<JsonNode> red = steps(policy(permit), ExitCodes.NO).stream()
                .filter(judged -> isHarmful(judged) && verdict(judged).equals("passes"))
                .toList();
        assertThat(red)
                .hasSize(2)
                .allSatisfy(judged -> assertThat(judged.path("why").textValue()).contains("policy.cedar:4 `anything`"));

        Path page = directory.resolve("drill.html");
        assertThat(interlock("drill", directory.toString(), "--every-provider", "--html=" + page))
                .isEqualTo(ExitCodes.NO);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("PASSES", "This would stop it:");
        assertThat(Files.readString(page))
                .contains("Harm would be done", "Operation::Action::&quot;")
                .doesNotContain("<script", "http-equiv=\"refresh\"");

        String remedies = red.stream()
                .map(judged -> judged.path("remedy").textValue())
                .distinct()
                .collect(Collectors.joining("\n"));
        steps(policy(permit + remedies), ExitCodes.OK);
    }

    @Test
    void onlyAnAgentOfThePolicyIsJudged() throws IOException {
        Path policy = policy(READS);
        assertThat(interlock("drill", policy.toString(), "--agent=sam/other")).isEqualTo(ExitCodes.USAGE);
        assertThat(interlock("drill", policy.toString(), "--task=other")).isEqualTo(ExitCodes.USAGE);
        assertThat(interlock("drill", policy.toString(), "--agent=sam/bot", "--task=all"))
                .isZero();
    }

    /** Of its own upstreams alone, and not of those that it would have for every provider. */
    @Test
    void whatAPolicyLacksIsSaid() throws IOException {
        Path policy = policy(READS);
        assertThat(interlock("drill", policy.toString(), "--every-provider")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains(
                        "Missing in the policy: Without `undo`",
                        "Missing in the policy: There is one person: nobody else can be asked.")
                .doesNotContain("a-railway` has no `resolver`", "No environment is protected");
        Path yaml = policy.resolve("interlock.yaml");
        String cloud = "  cloud: {catalog: railway, address: \"https://backboard.railway.app\", credentials: {}}\n";
        Files.writeString(yaml, Files.readString(yaml).replace("upstreams:\n", "upstreams:\n" + cloud));
        interlock("drill", policy.toString());
        assertThat(out + err.toString(StandardCharsets.UTF_8))
                .contains(
                        "Missing in the policy: `cloud` has no `resolver`",
                        "Missing in the policy: No plan under `backups`");
    }

    @Test
    void everyFileIsListed() throws IOException {
        Path files = Path.of("src/main/resources/dev/interlock/incidents");
        try (Stream<Path> all = Files.list(files)) {
            List<String> names = all.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .map(name -> name.replace(".yaml", ""))
                    .toList();
            assertThat(Files.readAllLines(files.resolve("index.txt")))
                    .containsExactlyInAnyOrderElementsOf(names)
                    .hasSizeGreaterThan(20);
        }
    }
}
