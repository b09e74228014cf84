package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests which question the options of {@code policy explain} make, by its answers. No gateway runs here. */
@Tag("process")
final class PolicyExplainCommandTest {

    private static final String YAML = """
            organisation: acme
            environments:
              production: {protected: true}
              staging: {protected: false}
            people:
              sam: {groups: [owners], keys: []}
            agents:
              sam/bot: {owner: sam, teams: [bots]}
            upstreams:
              railway:
                catalog: railway
                address: "https://localhost:1"
                credentials: {}
            tasks:
              work: {environments: [staging], impacts: [read, destroy], ttl: 1h}
            """;

    private static final String CEDAR = """
            @id("reads")
            permit (principal, action in Impact::Action::"read", resource);
            @id("undoes")
            permit (principal, action in Impact::Action::"destroy", resource)
            when { context.reversibility == "reversible" };
            @id("recovers")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"production")
            when { context.reversibility == "recoverable" };
            @id("not-p2")
            forbid (principal, action == Operation::Action::"railway/project", resource)
            when { context has argument.id && context.argument.id == "p2" };
            """;

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void write() throws IOException {
        Files.writeString(directory.resolve("interlock.yaml"), YAML);
        Files.writeString(directory.resolve("policy.cedar"), CEDAR);
    }

    private int explain(String... options) {
        List<String> all = new ArrayList<>(List.of("policy", "explain", directory.toString()));
        all.addAll(List.of(options));
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                all.toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // the lease's environments
                "railway/project      | production |                                                         | 1",
                "railway/project      | production | --environments=production                               | 3",
                "railway/project      | production | --environments=staging                                  | 1",
                "railway/project      | production | --environments=staging,production                       | 3",
                // its permissions
                "railway/volumeDelete | staging    | --environments=staging --reversibility=reversible       | 3",
                "railway/volumeDelete | staging    | --environments=staging --reversibility=reversible"
                        + " --lease-impacts=read         | 1",
                "railway/volumeDelete | staging    | --environments=staging --reversibility=reversible"
                        + " --lease-impacts=read,destroy | 3",
                // reversibility
                "railway/volumeDelete | staging    |                                                         | 1",
                "railway/volumeDelete | staging    | --reversibility=irreversible                            | 1",
                "railway/volumeDelete | staging    | --reversibility=recoverable                             | 1",
                "railway/volumeDelete | production | --reversibility=recoverable --environments=production   | 3",
                "railway/volumeDelete | staging    | --reversibility=reversible                              | 3",
                // facts
                "railway/project      | staging    | --fact=argument.id=p1                                   | 3",
                "railway/project      | staging    | --fact=argument.id=p2                                   | 1",
                // the operation
                "railway/project      | staging    |                                                         | 3",
                "railway/project      | staging    | --impact=destroy                                        | 1",
                "railway/project      | staging    | --impact=read,destroy                                   | 1",
                "railway/project      | staging    | --impact=read,destroy --reversibility=reversible        | 3",
                "railway/volumeDelete | staging    | --impact=read                                           | 3",
                "railway/notYetHeard  | staging    | --impact=read                                           | 3"
            })
    void eachOptionChangesItsQuestion(String operation, String environment, @Nullable String more, int exit) {
        List<String> options = new ArrayList<>(List.of("--operation=" + operation, "--environment=" + environment));
        if (more != null) {
            options.addAll(List.of(more.split(" ", -1)));
        }
        assertThat(explain(options.toArray(String[]::new)))
                .as(out.toString(StandardCharsets.UTF_8) + err)
                .isEqualTo(exit);
    }

    @Test
    void eachImpactIsAQuestionOfItsOwn() {
        assertThat(explain(
                        "--operation=railway/project",
                        "--environment=staging",
                        "--resource=railway:volume/v1",
                        "--impact=read,destroy",
                        "--json"))
                .isEqualTo(ExitCodes.NO);
        assertThat(Json.readObject(out.toString(StandardCharsets.UTF_8).strip().getBytes(StandardCharsets.UTF_8))
                        .objects("questions"))
                .extracting(question -> question.text("question") + " " + question.text("answer"))
                .containsExactlyInAnyOrder(
                        "`read` on `railway:volume/v1` in `staging` permitted",
                        "`destroy` on `railway:volume/v1` in `staging` permitted by nobody");
    }
}
