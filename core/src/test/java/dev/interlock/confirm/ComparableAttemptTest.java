package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Obligations;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests how long an agent's long attempts occupy the store's only writer, for which everybody waits. */
final class ComparableAttemptTest {

    private static final ResolvedAttempt DELETION = TestingWorld.deletion("vol_1", "production");
    private static final Obligations ONE = ConfirmationsFixture.owners(1);

    @TempDir
    Path directory;

    private ConfirmationsFixture room;

    @BeforeEach
    void openRoom() {
        room = new ConfirmationsFixture(directory, new TestingWorld());
    }

    @AfterEach
    void closeRoom() {
        room.close();
    }

    /** The database refuses a write inside a write, so the request must be formatted while the writer is free. */
    @Test
    void theRequestIsSerialisedBeforeTheTransaction() {
        HttpCall call =
                ((HttpCall) DELETION.outgoing()).with(() -> room.database().write(_ -> 5L));
        ResolvedAttempt sensed = new ResolvedAttempt(
                DELETION.attempt(),
                DELETION.lease(),
                DELETION.actions(),
                DELETION.placements(),
                DELETION.radius(),
                call,
                SaltedDigests.OPEN);
        assertThat(room.ready(sensed, ONE)).isEqualTo(new HoldReadiness.NoHoldYet());
        assertThat(room.open(sensed, ONE)).isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
        assertThat(room.ready(sensed, ONE)).isInstanceOf(HoldReadiness.WaitingHold.class);
        assertThat(room.open(sensed, ONE)).isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
    }

    /** Each name used to be parsed anew for each denied resource: minutes for the same answer. */
    @Test
    @Timeout(20) // it takes less than a second; a quadratic comparison takes minutes
    void manyNamesAreComparedInOnePass() {
        List<Set<String>> few = new ArrayList<>();
        List<Set<String>> many = new ArrayList<>();
        String dots = "a" + ".".repeat(190);
        for (int i = 0; i < 200; i++) {
            Set<String> names = new HashSet<>();
            for (int j = 0; j < 100; j++) {
                names.add(dots + "x" + j);
            }
            names.add("own" + i);
            many.add(names);
            if (i < 20) {
                few.add(Set.of("v" + i));
            }
        }
        room.people.deny(room.seal, room.park(deleting(few), ONE).id(), "bob", "no");
        assertThat(room.ready(deleting(many), ONE)).isEqualTo(new HoldReadiness.NoHoldYet());
        assertThat(room.open(deleting(many), ONE))
                .isInstanceOfSatisfying(
                        Confirmations.ParkResult.UnaskableAttempt.class,
                        unaskable -> assertThat(unaskable.reason()).contains("too long"));
        many.getLast().add("V19.git");
        assertThat(room.ready(deleting(many), ONE)).isInstanceOf(HoldReadiness.DeniedHold.class);
        assertThat(room.open(deleting(many), ONE)).isInstanceOf(Confirmations.ParkResult.DeniedAttempt.class);
    }

    private static ResolvedAttempt deleting(List<Set<String>> volumes) {
        Action like = DELETION.actions().getFirst();
        List<Action> actions = new ArrayList<>();
        Map<Resource, Placement> placements = new HashMap<>();
        for (Set<String> names : volumes) {
            Set<Resource> resources = new HashSet<>();
            names.forEach(name -> resources.add(new Resource("railway", "volume", name)));
            actions.add(new Action(like.operation(), like.impacts(), like.reversibility(), resources, List.of()));
            resources.forEach(resource -> placements.put(
                    resource, new Placement(resource, Set.of("production"), Set.of(), Provenance.RESOLVED, true)));
        }
        return new ResolvedAttempt(
                DELETION.attempt(),
                DELETION.lease(),
                actions,
                placements,
                DELETION.radius(),
                DELETION.outgoing(),
                SaltedDigests.OPEN);
    }
}
