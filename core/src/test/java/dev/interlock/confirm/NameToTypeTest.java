package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.KeptTexts;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that the name to type can be read off the page and typed. */
final class NameToTypeTest {

    private static Json.Members action(String operation, String impact, String... resources) {
        return Json.object()
                .with("operation", operation)
                .withTexts("impacts", List.of(impact))
                .with("reversibility", "irreversible")
                .with(
                        "resources",
                        new Json.Array(Stream.of(resources)
                                .<Json>map(id -> Json.object()
                                        .with("id", id)
                                        .withTexts("environments", List.of("production"))
                                        .with("known", true)
                                        .with("provenance", "resolved"))
                                .toList()))
                .with("facts", new Json.Array(List.of()));
    }

    private static Statement statement(Json.Members... actions) {
        return within(Json.object().withTexts("lost", List.of("railway:volume/a", "railway:backup/b")), actions);
    }

    private static Statement within(Json.Members radius, Json.Members... actions) {
        return new Statement(
                "H-1",
                "5e".repeat(32),
                "L-1",
                "jer/cursor",
                "jer",
                Set.of(),
                "fix-staging",
                "railway",
                Json.object()
                        .with("agent", "jer/cursor")
                        .with("lease", "L-1")
                        .with("upstream", "railway")
                        .with("actions", new Json.Array(List.of(actions)))
                        .with("radius", radius),
                Json.object().with("method", "POST"),
                "Something.",
                Optional.empty(),
                Json.object()
                        .withTexts("confirm", List.of("1 of owners"))
                        .with("cooldown_seconds", 0)
                        .with("type_name", true)
                        .with("other", false),
                "A".repeat(43),
                Instant.parse("2026-11-20T08:00:00Z"),
                Instant.parse("2026-11-20T09:15:00Z"),
                Optional.empty());
    }

    private static String name(Json.Members... actions) {
        return NameToType.of(statement(actions));
    }

    @Test
    void theNameIsThatOfTheTargetedResource() {
        assertThat(name(action("railway/volumeDelete", "destroy", "railway:volume/a")))
                .isEqualTo("railway:volume/a");
    }

    @Test
    void peoplesNameAndTheEnvironmentAreTypedWhereThereIsOne() {
        Statement named = within(
                Json.object()
                        .withTexts("lost", List.of("railway:volume/a"))
                        .withTexts("environments", List.of("production"))
                        .with("names", Json.object().with("railway:volume/a", "pgdata")),
                action("railway/volumeDelete", "destroy", "railway:volume/a", "railway:volume/b"));
        assertThat(NameToType.of(named)).isEqualTo("pgdata and 1 more in production");
        assertThat(NameToType.isNamed(named, "pgdata and 1 more in production")).isTrue();
        assertThat(NameToType.isNamed(named, "railway:volume/a and 1 more"))
                .as("an identifier says as much")
                .isTrue();
        assertThat(NameToType.isNamed(named, " PGdata and 1 more in Production "))
                .as("a phone's keyboard adds a capital and a blank")
                .isTrue();
        for (String other : List.of("", "pgdata", "pgdata in production", "railway:volume/b", "production")) {
            assertThat(NameToType.isNamed(named, other)).as(other).isFalse();
        }
    }

    @Test
    void severalResourcesHaveNoSingleName() {
        assertThat(name(
                        action("railway/volumeDelete", "destroy", "railway:volume/c", "railway:volume/b"),
                        action("railway/volumeDelete", "destroy", "railway:volume/a"),
                        action("railway/volumeDelete", "destroy", "railway:volume/a")))
                .isEqualTo("railway:volume/a and 2 more");
    }

    /** An agent chooses names and order; the hand should type what would be gone. */
    @Test
    void theNameIsOfWhatIsLost() {
        Json.Members harmless = action("railway/serviceUpdate", "write", "railway:a/0");
        Json.Members deletes = action("railway/volumeDelete", "destroy", "railway:plan/0", "railway:volume/a");
        for (List<Json.Members> order : List.of(List.of(harmless, deletes), List.of(deletes, harmless))) {
            assertThat(name(order.toArray(Json.Members[]::new))).isEqualTo("railway:volume/a and 2 more");
        }
    }

    @Test
    void anOpaqueIdIsNamedByWhatItNames() {
        Statement named = within(
                Json.object()
                        .withTexts("lost", List.of("github:node/D_1"))
                        .withTexts("environments", List.of("production"))
                        .with("names", Json.object().with("github:node/D_1", "discussion #12 in acme/shop"))
                        .with("titles", Json.object().with("github:node/D_1", "Roadmap")),
                action("github/deleteDiscussion", "destroy", "github:node/D_1"));
        assertThat(NameToType.of(named)).isEqualTo("discussion #12 in acme/shop in production");
    }

    @Test
    void readResourcesAreNotNamedBesideChangedOnes() {
        assertThat(name(
                        action("railway/project", "read", "railway:project/a"),
                        action("railway/volumeDelete", "destroy", "railway:volume/z")))
                .isEqualTo("railway:volume/z");
        assertThat(name(action("railway/project", "read", "railway:project/a"))).isEqualTo("railway:project/a");
    }

    @Test
    void anOperationWithoutResourceIsNamedItself() {
        assertThat(name(action("railway/logout", "write"))).isEqualTo("railway/logout");
        assertThat(name()).isEqualTo("nothing");
    }

    @Test
    void theNameIsTypedAsShown() {
        Statement statement = statement(action("railway/volumeDelete", "destroy", "railway:volume/\u202ea\\"));
        assertThat(NameToType.of(statement)).isEqualTo("railway:volume/\\u{202e}a\\\\");
        assertThat(StatementText.of(statement, KeptTexts.NONE))
                .contains("  type exactly: " + NameToType.of(statement) + "\n");
    }
}
