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
            if (judged.path("why").asText().startsWith("no catalog of supabase reads MCP")) {
                assertThat(verdict(judged)).isEqualTo("untried");
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

    /** The cause of the loss at PocketOS: production's volume counted as staging's. */
    @Test
    void whatASealPlacesInStagingIsPlayedThere() throws IOException {
        String deletes = """
                @id("staging") permit (
                    principal,
                    action in [Impact::Action::"read", Impact::Action::"write", Impact::Action::"destroy"],
                    resource in Environment::"staging"
                );
                @id("production") @confirm("1 of owners") permit (
                    principal,
                    action in Impact::Action::"destroy",
                    resource in Environment::"production"
                );
                """;
        Path policy = policy(deletes);
        String wide = Files.readString(policy.resolve("interlock.yaml")) + "without-approval: [railway/volumeDelete]\n";
        String cloud =
                "  cloud: {catalog: railway, address: \"https://localhost:1\", credentials: {}, resources: {%s}}\n";
        for (String placed : List.of(
                "\"railway:volume/*\": {environments: [staging]}",
                "\"railway:volume/a\": {environments: [staging]}, \"railway:volume/b\": {environments: [staging]}")) {
            Files.writeString(
                    policy.resolve("interlock.yaml"),
                    wide.replace("upstreams:\n", "upstreams:\n" + cloud.formatted(placed)));
            assertThat(deletion(policy, ExitCodes.NO)).isEqualTo("passes");
        }
        Files.writeString(
                policy.resolve("interlock.yaml"),
                wide.replace(
                        "upstreams:\n",
                        "upstreams:\n"
                                + cloud.formatted(
                                        "\"railway:volume/a\": {environments: [staging]}, \"railway:volume/b\": {environments: [production]}")));
        assertThat(deletion(policy, ExitCodes.OK)).isNotEqualTo("passes");
    }

    private String deletion(Path policy, int exit) throws IOException {
        return steps(policy, exit).stream()
                .filter(judged -> judged.path("step").path("does").asText().equals("deletes the volume"))
                .map(DrillCommandTest::verdict)
                .findFirst()
                .orElseThrow();
    }

    /** One of them reads GraphQL, and the other one MCP alone. */
    @Test
    void twoUpstreamsOfAProviderAreBothPlayed() throws IOException {
        Path policy = policy(READS);
        Path yaml = policy.resolve("interlock.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace(
                                "upstreams:\n",
                                "upstreams:\n  a: {catalog: railway, address: \"https://localhost:1\", credentials: {}}\n"
                                        + "  b: {catalog: railway-mcp, address: \"https://localhost:2\", credentials: {}}\n"));
        Files.createDirectory(policy.resolve("catalogs"));
        Files.writeString(
                policy.resolve("catalogs/railway-mcp.yaml"),
                Files.readString(Path.of("../core/src/main/resources/dev/interlock/catalog/example-mcp.yaml"))
                        .replace("provider: notes", "provider: railway-mcp"));
        List<JsonNode> all = steps(policy, ExitCodes.OK);
        assertThat(all.stream()
                        .filter(judged ->
                                judged.path("step").path("does").asText().equals("reads the project")))
                .extracting(DrillCommandTest::verdict)
                .contains("passes")
                .doesNotContain("untried");
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
