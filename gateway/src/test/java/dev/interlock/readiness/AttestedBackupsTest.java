package dev.interlock.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.BackupPlans;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.backup.AttestationRegistry;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.Inventory;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingAttester;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests which backups a resource had on a past day. */
final class AttestedBackupsTest {

    private static final Resource VOLUME = Resource.parse("railway:volume/v1");
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingAttester attesting = new TestingAttester(VOLUME);
    private final Instant taken = clock.instant().minus(Duration.ofDays(3));
    private Seal seal;
    private AttestedBackups known;

    @BeforeEach
    void start() throws IOException {
        Seal.Upstream upstream = new Seal.Upstream(
                "railway",
                "railway",
                URI.create("https://backboard.railway.com"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
        seal = Fixtures.seal().with(parts -> {
            parts.backups = attesting.plans();
            parts.upstreams = Map.of("railway", upstream);
        });
        AttestationRegistry attestations = AttestationRegistry.open(directory.resolve("attestations"));
        Inventory inventory = new Inventory(
                (_, _) -> {
                    throw new IOException("nobody is asked");
                },
                clock.utc(),
                BuiltIn.FACTS,
                attestations::countedBackups);
        known = new AttestedBackups(
                attestations,
                RehearsalRegistry.open(directory.resolve("rehearsals"), (_, _, _) -> "anna"),
                inventory,
                clock);
        say("20261120T000000Z-0000b1", taken, taken.plus(HOUR));
        say(
                "20261120T000000Z-0000b2",
                taken.plus(Duration.ofDays(1)),
                taken.plus(Duration.ofDays(1)).plus(HOUR));
    }

    private void say(String backup, Instant at, Instant triedAt) throws IOException {
        Json.Members said = attesting.says(backup, at, triedAt);
        known.attestations().keep(seal, said, attesting.sign(said));
    }

    private Json.Members resource(Optional<Instant> at) {
        return known.status(seal, at).objects("resources").getFirst();
    }

    private String left(Instant at) {
        return resource(Optional.of(at))
                .objects("ways")
                .getFirst()
                .optionalText("backup")
                .orElse("nothing");
    }

    @Test
    void aPastDayCountsBackupsRestoredByThen() {
        assertThat(left(taken.minusSeconds(1))).isEqualTo("nothing");
        assertThat(left(taken.plusSeconds(60))).as("nobody had restored it yet").isEqualTo("nothing");
        assertThat(left(taken.plus(HOUR))).isEqualTo("shop-db/20261120T000000Z-0000b1");
        assertThat(left(taken.plus(Duration.ofDays(2)))).isEqualTo("shop-db/20261120T000000Z-0000b2");
        assertThat(resource(Optional.empty()).objects("ways").getFirst().text("backup"))
                .isEqualTo("shop-db/20261120T000000Z-0000b2");
    }

    /** Ages and targets are those of that day; the results of later restore tests were unknown then. */
    @Test
    void agesAreJudgedAsOfThatDay() throws IOException {
        Json.Members then = resource(Optional.of(taken.plus(HOUR)));
        assertThat(then.objects("ways").getFirst().whole("age_seconds")).isEqualTo(HOUR.toSeconds());
        assertThat(then.object("last_tried").text("backup")).isEqualTo("20261120T000000Z-0000b1");
        assertThat(then.object("point").flag("red"))
                .as("nobody says who can delete it")
                .isTrue();
        assertThat(resource(Optional.of(taken.plusSeconds(60))).get("last_tried"))
                .isEmpty();
        assertThat(known.status(seal, Optional.of(taken)).text("now")).isEqualTo(taken.toString());
    }

    @Test
    void aFutureMomentIsRefused() {
        Instant tomorrow = clock.instant().plusSeconds(1);
        assertThatThrownBy(() -> known.status(seal, Optional.of(tomorrow)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("yet to come");
    }

    /** No resolver lists this provider's resources. */
    @Test
    void unsavedDataIsRed() throws IOException {
        Resource project = Resource.parse("supabase:project/shop");
        Resource scratch = Resource.parse("supabase:project/scratch");
        Map<Resource, Placement> placed = new HashMap<>();
        for (Resource one : List.of(project, scratch, Resource.parse("supabase:org/acme"))) {
            placed.put(one, new Placement(one, Set.of("production"), Set.of(), Provenance.SEALED, true));
        }
        Seal.Upstream upstream = new Seal.Upstream(
                "supabase",
                "supabase",
                URI.create("https://api.supabase.com"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                placed,
                List.of());
        Seal sealed = Fixtures.seal().with(parts -> {
            parts.backups = new BackupPlans(List.of(), Map.of(), Set.of(scratch));
            parts.upstreams = Map.of("supabase", upstream);
        });
        Inventory inventory = new Inventory(
                (_, _) -> {
                    throw new IOException("nobody is asked");
                },
                clock.utc(),
                BuiltIn.FACTS,
                _ -> List.of(),
                _ -> Map.of());
        Json.Members status = new AttestedBackups(
                        AttestationRegistry.open(directory.resolve("others")),
                        RehearsalRegistry.open(directory.resolve("practised"), (_, _, _) -> "anna"),
                        inventory,
                        clock)
                .status(sealed, Optional.empty());
        assertThat(status.flag("red")).isTrue();
        assertThat(status.objects("resources")).singleElement().satisfies(one -> {
            assertThat(one.text("resource")).isEqualTo("supabase:project/shop");
            assertThat(one.texts("plans")).isEmpty();
            assertThat(one.flag("red")).isTrue();
        });
        assertThat(status.texts("expendable")).containsExactly("supabase:project/scratch");
    }
}
