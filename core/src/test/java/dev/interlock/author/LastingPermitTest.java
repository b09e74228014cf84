package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.PolicyRule;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the permit that people write under a question, on the policy that they begin with. */
final class LastingPermitTest {

    private static final Resource SERVICE = new Resource("railway", "service", "svc");

    @TempDir
    private Path directory;

    @BeforeEach
    void write() throws IOException {
        StarterTest.write(directory);
    }

    private PolicyDirectory load() throws IOException {
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, BuiltIn.FACTS);
        assertThat(loaded).as("%s", loaded).isInstanceOf(PolicyDirectory.LoadResult.SoundDirectory.class);
        return ((PolicyDirectory.LoadResult.SoundDirectory) loaded).directory();
    }

    private static Statement asked(Seal draft, String name, String environment, Impact... impacts) {
        return asked(draft, Map.of(Fact.ARGUMENT + "variable", name), environment, impacts);
    }

    private static Statement asked(Seal draft, Map<String, String> sent, String environment, Impact... impacts) {
        return asked(draft, sent, environment, Reversibility.RECOVERABLE, impacts);
    }

    private static Statement asked(
            Seal draft, Map<String, String> sent, String environment, Reversibility reversibility, Impact... impacts) {
        SortedMap<String, String> facts = new TreeMap<>(sent);
        HypotheticalAttempt call = new HypotheticalAttempt(
                "jer/cursor",
                Optional.empty(),
                Optional.of(new HypotheticalAttempt.LeaseScope(Set.of(environment), Set.of(impacts), Set.of())),
                Optional.empty(),
                new Operation("railway", "variableUpsert"),
                Set.of(impacts),
                reversibility,
                List.of(new Placement(SERVICE, Set.of(environment), Set.of(), Provenance.SEALED, true)),
                facts);
        var meaning = call.resolved(draft).meaning();
        return new Statement(
                "H-01JD",
                "0".repeat(64),
                "L-example",
                "jer/cursor",
                "jer",
                Set.of(),
                "work",
                "railway",
                meaning,
                Json.object(),
                "Run code in svc",
                Optional.empty(),
                Obligations.NONE.canonical(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[32]),
                Instant.parse("2026-11-20T08:00:00Z"),
                Instant.parse("2026-11-20T09:00:00Z"),
                Optional.empty());
    }

    private static LastingPermit permit(Seal draft, Statement asked, String... any) {
        Set<String> open = new TreeSet<>(Set.of(any));
        open.add("input.value"); // which nobody is ever shown
        return LastingPermit.of(draft, BuiltIn.FACTS, asked, KeptTexts.NONE, open);
    }

    private Seal with(LastingPermit permit) throws IOException {
        Files.writeString(directory.resolve("from-now-on.cedar"), permit.text());
        if (!permit.withoutApproval().isEmpty()) {
            Path yaml = directory.resolve("interlock.yaml");
            Files.writeString(
                    yaml,
                    Files.readString(yaml) + "without-approval: [\"" + String.join("\", \"", permit.withoutApproval())
                            + "\"]\n");
        }
        return load().draft();
    }

    private static Verdict decide(Seal seal, Statement asked) {
        return new Policies(_ -> "").decide(seal, permit(seal, asked).attempt());
    }

    @Test
    void nobodyIsAskedAboutTheSameCallOnly() throws IOException {
        Seal draft = load().draft();
        Statement asked = asked(draft, "NODE_OPTIONS", "staging", Impact.WRITE, Impact.EXECUTE);
        LastingPermit permit = permit(draft, asked);
        assertThat(permit.objection(draft, draft)).isPresent();
        assertThat(permit.withoutApproval()).containsExactly("railway/variableUpsert in staging");

        Seal changed = with(permit);
        assertThat(permit.objection(draft, changed)).isEmpty();
        assertThat(decide(changed, asked(draft, "PATH", "staging", Impact.WRITE, Impact.EXECUTE)))
                .isInstanceOf(Verdict.Hold.class);
        assertThatThrownBy(() -> permit(changed, asked)).hasMessageContaining("No policy of this directory asks");
    }

    @Test
    void anArgumentMayBeLeftOpen() throws IOException {
        Seal draft = load().draft();
        LastingPermit permit =
                permit(draft, asked(draft, "NODE_OPTIONS", "staging", Impact.WRITE, Impact.EXECUTE), "variable");
        assertThat(permit.text()).doesNotContain("NODE_OPTIONS");
        Statement other = asked(draft, "PATH", "staging", Impact.WRITE, Impact.EXECUTE);
        assertThatThrownBy(() -> permit(with(permit), other)).hasMessageContaining("`permit`");
    }

    /** A daily message has another text each day. What it does is bound by its impacts. */
    @Test
    void aTextForPeopleIsLeftOpen() throws IOException {
        Seal draft = load().draft();
        LastingPermit permit = permit(draft, message(draft, "Monday", "to-all", Impact.WRITE));
        assertThat(permit.text()).contains("// With any text as message.").doesNotContain("Monday");
        Seal changed = with(permit);
        assertThatThrownBy(() -> permit(changed, message(changed, "Tuesday", "to-all", Impact.WRITE)))
                .hasMessageContaining("`permit`");
        assertThat(decide(changed, message(changed, "Monday", "to-one", Impact.WRITE)))
                .isInstanceOf(Verdict.Hold.class);
        assertThat(decide(changed, message(changed, "/deploy", "to-all", Impact.WRITE, Impact.EXECUTE)))
                .isInstanceOf(Verdict.Hold.class);
        assertThat(permit(draft, message(draft, "/deploy", "to-all", Impact.WRITE, Impact.EXECUTE))
                        .text())
                .as("the text is what it does")
                .contains("/deploy");
    }

    private static Statement message(Seal draft, String text, String variable, Impact... impacts) {
        return asked(
                draft,
                Map.of(Fact.ARGUMENT + "variable", variable, Fact.ARGUMENT + "message", text),
                "staging",
                Reversibility.IRREVERSIBLE,
                impacts);
    }

    /** A call with one argument more is another call. */
    @Test
    void whatWasNotSentIsAskedAbout() throws IOException {
        Seal draft = load().draft();
        Map<String, String> sent = Map.of(Fact.ARGUMENT + "variable", "NODE_OPTIONS");
        Seal changed = with(permit(draft, asked(draft, sent, "staging", Impact.WRITE, Impact.EXECUTE)));
        Map<String, String> more =
                Map.of(Fact.ARGUMENT + "variable", "NODE_OPTIONS", Fact.ARGUMENT + "input.skipDeploys", "true");
        assertThat(decide(changed, asked(draft, more, "staging", Impact.WRITE, Impact.EXECUTE)))
                .isInstanceOf(Verdict.Hold.class);
    }

    /** Nothing that no policy can read varies unless somebody has said so. */
    @Test
    void whatNoPolicyReadsIsOpenOnlyIfItIsNamed() throws IOException {
        Seal draft = load().draft();
        Statement asked = asked(draft, "NODE_OPTIONS", "staging", Impact.WRITE, Impact.EXECUTE);
        assertThatThrownBy(() -> LastingPermit.of(draft, BuiltIn.FACTS, asked, KeptTexts.NONE, Set.of()))
                .hasMessageContaining("--any input.value");
        for (String found : List.of("leaves-out", "session", "target", "answers")) {
            Statement varying = asked(
                    draft,
                    Map.of(Fact.ARGUMENT + "variable", "NODE_OPTIONS", found, "something"),
                    "staging",
                    Impact.WRITE,
                    Impact.EXECUTE);
            assertThatThrownBy(() -> permit(draft, varying)).hasMessageContaining("--any " + found);
        }
    }

    /** Even a permit that reaches further frees nothing elsewhere, unless the seal exempts the operation there too. */
    @Test
    void nothingIsFreeElsewhere() throws IOException {
        Seal draft = load().draft();
        LastingPermit permit = permit(draft, asked(draft, "NODE_OPTIONS", "staging", Impact.WRITE, Impact.EXECUTE));
        Verdict there = new Policies(_ -> "").decide(draft, permit.elsewhere("jer/cursor", Set.of("production")));
        assertThat(there).isInstanceOf(Verdict.Hold.class);
        List<String> asking = PolicyAnalysis.of(draft).rules().stream()
                .filter(rule -> !rule.obligations().quorums().isEmpty()
                        && there.grounds().policies().contains(rule.id())
                        && !permit.text().contains(rule.id()))
                .map(PolicyRule::id)
                .toList();
        String wide = permit.text()
                .replaceAll("@relaxes\\(\"", "@relaxes(\"" + String.join(", ", asking) + ", ")
                .replaceAll("resource ==[^\\n]*", "resource")
                .replaceAll("\\[\"staging\"]", "[\"staging\", \"production\"]");
        String sealed = Files.readString(directory.resolve("interlock.yaml"));
        Seal changed = with(new LastingPermit(wide, permit.withoutApproval(), permit.attempt()));
        assertThat(permit.objection(draft, changed)).isEmpty();
        assertThat(new Policies(_ -> "").decide(changed, permit.elsewhere("jer/cursor", Set.of("production"))))
                .isInstanceOf(Verdict.Hold.class);
        Files.writeString(directory.resolve("interlock.yaml"), sealed);
        Seal both = with(
                new LastingPermit(wide, Set.of("railway/variableUpsert in production, staging"), permit.attempt()));
        assertThat(permit.objection(draft, both))
                .hasValueSatisfying(why ->
                        assertThat(why).contains("nobody would be asked about it from `jer/cursor` in `production`"));
    }

    /** No text of an agent ends a string of a policy. */
    @Test
    void whatAnAgentWroteStaysAText() throws IOException {
        Seal draft = load().draft();
        LastingPermit permit =
                permit(draft, asked(draft, "a\" || true || \"\\", "staging", Impact.WRITE, Impact.EXECUTE));
        assertThat(permit.objection(draft, with(permit))).isEmpty();
        assertThat(decide(load().draft(), asked(draft, "PATH", "staging", Impact.WRITE, Impact.EXECUTE)))
                .isInstanceOf(Verdict.Hold.class);
        for (String hard : List.of("a\nb", "[1]", "{}", "x".repeat(501))) {
            assertThatThrownBy(() -> permit(draft, asked(draft, hard, "staging", Impact.WRITE, Impact.EXECUTE)))
                    .hasMessageContaining("--any variable");
        }
    }

    @Test
    void whatIsAskedAboutEachTimeIsNeverPermitted() throws IOException {
        Seal draft = load().draft();
        for (Statement asked : List.of(
                asked(draft, "A", "staging", Impact.DESTROY),
                asked(draft, "A", "production", Impact.DESTROY),
                asked(draft, "A", "production", Impact.EXECUTE),
                asked(draft, "A", "production", Impact.PRIVILEGE),
                asked(draft, "A", "staging", Impact.CREDENTIAL))) {
            assertThatThrownBy(() -> permit(draft, asked)).hasMessageContaining("each time");
        }
    }
}
