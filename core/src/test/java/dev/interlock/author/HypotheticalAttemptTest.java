package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.author.HypotheticalAttempt.LeaseScope;
import dev.interlock.testing.Fixtures;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a short question is decided as the gateway would decide the call, and no more leniently. */
class HypotheticalAttemptTest {

    private static final Resource VOLUME = Resource.parse("railway:volume/v1");
    private static final Placement SEALED = new Placement(
            VOLUME, Set.of("staging"), Set.of(Resource.parse("railway:project/p1")), Provenance.SEALED, true);
    private static final Seal SEAL = Fixtures.seal().with(parts -> {
        parts.upstreams = Map.of("railway", upstream("railway"));
        parts.tasks =
                Map.of("mine", task("mine", "jer/cursor"), "theirs", task("theirs", "jer/other"), "open", task("open"));
    });

    private static Seal.Upstream upstream(String name) {
        return new Seal.Upstream(
                name,
                "railway",
                URI.create("https://backboard.railway.com"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(VOLUME, SEALED),
                List.of());
    }

    private static Seal.TaskTemplate task(String name, String... agents) {
        return new Seal.TaskTemplate(name, Set.of("staging"), Set.of(Impact.READ), Set.of(agents), Duration.ofHours(1));
    }

    private static HypotheticalAttempt asked(String operation, Optional<Resource> resource, String... environments) {
        return new DescribedAttempt(
                        "jer/cursor",
                        Optional.of("mine"),
                        Optional.empty(),
                        operation,
                        Set.of(),
                        Optional.empty(),
                        resource,
                        Set.of(environments),
                        new TreeMap<>())
                .under(SEAL, Fixtures.CATALOGS);
    }

    @Test
    void omittedMembersDefaultToTheGatewaysValues() {
        HypotheticalAttempt sealed = asked("railway/volumeDelete", Optional.of(VOLUME));
        assertThat(sealed.impacts()).containsExactly(Impact.DESTROY);
        assertThat(sealed.reversibility())
                .isEqualTo(Fixtures.CATALOGS.reversibility(sealed.operation(), sealed.impacts()));
        assertThat(sealed.touches()).containsExactly(SEALED);
        assertThat(asked("railway/volumeDelete", Optional.of(VOLUME), "production")
                        .touches())
                .containsExactly(new Placement(VOLUME, Set.of("production"), SEALED.groups(), Provenance.SEALED, true));
        Resource account = Resource.parse("railway:account/self");
        assertThat(asked("railway/fooDelete", Optional.empty()))
                .isEqualTo(new HypotheticalAttempt(
                        "jer/cursor",
                        Optional.of("mine"),
                        Optional.empty(),
                        Optional.empty(),
                        Operation.parse("railway/fooDelete"),
                        Set.of(Impact.UNKNOWN),
                        Reversibility.IRREVERSIBLE,
                        List.of(new Placement(account, Set.of("production"), Set.of(), Provenance.SEALED, false)),
                        new TreeMap<>()));
        HypotheticalAttempt said = new DescribedAttempt(
                        "jer/cursor",
                        Optional.empty(),
                        Optional.of(new LeaseScope(Set.of("staging"), Set.of(Impact.WRITE), Set.of())),
                        "railway/volumeDelete",
                        Set.of(Impact.WRITE),
                        Optional.of(Reversibility.REVERSIBLE),
                        Optional.of(VOLUME),
                        Set.of("staging"),
                        new TreeMap<>())
                .under(SEAL, Fixtures.CATALOGS);
        assertThat(said.impacts()).containsExactly(Impact.WRITE);
        assertThat(said.reversibility()).isEqualTo(Reversibility.REVERSIBLE);
        assertThatThrownBy(() -> asked("railway/volumeDelete", Optional.empty(), "moon"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--environment: `moon` is not defined");
    }

    private static HypotheticalAttempt under(String task) {
        return new HypotheticalAttempt(
                "jer/cursor",
                Optional.of(task),
                Optional.empty(),
                Optional.empty(),
                Operation.parse("railway/project"),
                Set.of(Impact.READ),
                Reversibility.IRREVERSIBLE,
                List.of(SEALED),
                new TreeMap<>());
    }

    @Test
    void aTaskThatIsForOthersIsNotForThisAgent() {
        assertThat(under("mine").resolved(SEAL).lease().template()).contains("mine");
        assertThat(under("open").resolved(SEAL).lease().impacts()).containsExactly(Impact.READ);
        assertThatThrownBy(() -> under("theirs").resolved(SEAL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The task `theirs` is not for `jer/cursor`.");
    }

    /** If several upstreams fit, none is guessed: a policy may treat them differently. */
    @Test
    void theUpstreamIsTheOnlyOneThatFits() {
        assertThat(under("mine").resolved(SEAL).attempt().upstream()).isEqualTo("railway");
        Seal two = SEAL.with(parts -> parts.upstreams = Map.of("a", upstream("a"), "b", upstream("b")));
        assertThat(under("mine").resolved(two).attempt().upstream()).isEqualTo("test");
        Seal none = SEAL.with(parts -> parts.upstreams = Map.of());
        assertThat(under("mine").resolved(none).attempt().upstream()).isEqualTo("test");
        HypotheticalAttempt github = new HypotheticalAttempt(
                "jer/cursor",
                Optional.of("mine"),
                Optional.empty(),
                Optional.empty(),
                Operation.parse("github/repos/get"),
                Set.of(Impact.READ),
                Reversibility.IRREVERSIBLE,
                List.of(SEALED),
                new TreeMap<>());
        assertThat(github.resolved(SEAL).attempt().upstream()).isEqualTo("test");
    }

    /** Any name must survive: YAML reads `no` as a truth value and `#` as a comment. */
    @ParameterizedTest
    @ValueSource(
            strings = {"v1", "no", "On", "a#b", "a: b", "- a", "7", "", "\"", "\\", "a\nb", "{a}", "~", "null", "é"})
    void aWrittenScenarioReadsBack(String id) {
        Resource resource = new Resource("railway", "volume", "x" + id);
        HypotheticalAttempt example = new HypotheticalAttempt(
                "jer/cursor",
                Optional.empty(),
                Optional.of(new LeaseScope(Set.of("staging"), Set.of(Impact.READ), Set.of(resource))),
                Optional.of("railway"),
                Operation.parse("railway/project"),
                Set.of(Impact.READ),
                Reversibility.RECOVERABLE,
                List.of(new Placement(
                        resource, Set.of("staging", "production"), Set.of(resource), Provenance.SEALED, false)),
                new TreeMap<>(Map.of("argument.body.ref", id.isBlank() ? "x" : id, "argument.query.x-y", "true")));
        String name = id.isBlank() ? "x" : id;
        Scenario read = Scenario.read("t", "tests:\n" + example.scenario(name, Scenario.ExpectedVerdict.REFUSE))
                .getFirst();
        assertThat(read.name()).isEqualTo(name);
        assertThat(new HypotheticalAttempt(
                        read.agent(),
                        read.task(),
                        read.lease(),
                        read.upstream(),
                        read.call().operation(),
                        read.call().impacts(),
                        read.call().reversibility().orElseThrow(),
                        read.call().touches(),
                        read.call().facts()))
                .isEqualTo(example);
        assertThat(example.scenario("plain", Scenario.ExpectedVerdict.HOLD))
                .contains("agent: jer/cursor\n", "operation: railway/project\n", "expect: hold\n");
    }
}
